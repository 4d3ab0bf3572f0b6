"""What the records of a second amount to: counts, latencies, scores, quality, drift."""
