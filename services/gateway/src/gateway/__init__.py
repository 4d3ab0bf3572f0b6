"""Answers a payment with a verdict while the customer waits."""
