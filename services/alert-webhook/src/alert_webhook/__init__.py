"""Alerts to a webhook and a live page."""
