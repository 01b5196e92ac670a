"""Criticality: what is lost when an element of the network fails."""
