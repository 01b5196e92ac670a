"""Networks, matrices and maps of other programs, to and from a `Study`."""
