"""Kafka: payments out, outcomes and verdicts in."""
