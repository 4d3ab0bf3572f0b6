"""Latency of the whole system under load while checkpoints, thresholds, models and crashes happen."""
