"""Kept runs: listed, compared and cleaned."""
