"""Calls that wait for their verdict."""
