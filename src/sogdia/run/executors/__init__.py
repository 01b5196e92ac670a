"""Executors: where the tasks of a run are done, in threads, processes or on a cluster."""
