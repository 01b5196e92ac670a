"""Shortest paths and choice sets over the arrays of a network."""
