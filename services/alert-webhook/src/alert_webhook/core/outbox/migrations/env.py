"""What Alembic runs to reach the database: the connection and transaction that `outbox/upgrade.py` hands over."""

from alembic import context

context.configure(**context.config.attributes["vigie"])
context.run_migrations()
