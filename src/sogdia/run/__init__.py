"""Runs: a study assigned, judged, summarised and left behind as a folder."""
