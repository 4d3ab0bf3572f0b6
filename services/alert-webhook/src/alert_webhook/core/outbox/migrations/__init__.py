"""Steps from one schema of the outbox to the next, by Alembic; run at start, see `outbox/upgrade.py`."""
