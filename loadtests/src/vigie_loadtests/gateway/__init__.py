"""Latency of the gateway's answers under load, with that of the topic alone beside it in the same run."""
