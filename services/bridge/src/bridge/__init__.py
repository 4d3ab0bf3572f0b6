"""A foreign topic as transactions."""
