"""Sweeps: many scenarios evaluated, kept as they finish and taken up again."""
