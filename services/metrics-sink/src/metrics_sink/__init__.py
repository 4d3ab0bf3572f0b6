"""Counts, latencies and scores of the stream, one record a second."""
