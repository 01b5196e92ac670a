"""Courses of ships over water, for the maps."""
