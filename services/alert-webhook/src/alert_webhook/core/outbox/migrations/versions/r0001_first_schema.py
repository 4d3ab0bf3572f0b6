"""The schema as `create_all` made it before there were migrations.

Each statement passes over what is there already, so an outbox of that time is adopted as it is.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # BigInteger would not count up by itself there


def upgrade() -> None:
    """Create what is missing."""
    _create_alerts()
    _create_episodes()
    _create_deliveries()
    _create_answers()
    _create_access()
    _create_progress()


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.Text, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("received_at_ms", sa.BigInteger, nullable=False),
        sa.Column("written_at_ms", sa.BigInteger, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("transaction_id", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("amount_eur", sa.Float, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("handling", sa.Text, nullable=False),
        sa.Column("cause", sa.Text),
        sa.Column("episode_id", sa.Text),
        sa.Column("digest_id", sa.Text),
        sa.Column("is_fraud", sa.Boolean),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at_ms", sa.BigInteger),
        if_not_exists=True,
    )
    for column in ("revision", "received_at_ms", "account_id", "episode_id"):
        _index(f"ix_alerts_{column}", "alerts", column)
    _index("alert_digest", "alerts", "digest_id", where="digest_id IS NOT NULL")
    _index("alert_waits", "alerts", "received_at_ms", where="handling = 'digest' AND digest_id IS NULL")


def _create_episodes() -> None:
    op.create_table(
        "episodes",
        sa.Column("episode_id", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("first_alert_id", sa.Text, nullable=False),
        sa.Column("opened_at_ms", sa.BigInteger, nullable=False),
        sa.Column("last_alert_at_ms", sa.BigInteger, nullable=False),
        sa.Column("alert_count", sa.Integer, nullable=False),
        if_not_exists=True,
    )
    _index("ix_episodes_account_id", "episodes", "account_id")


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("receiver", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("alert_id", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("queued_at_ms", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("settled_at_ms", sa.BigInteger),
        sa.Column("reference", sa.Text),
        if_not_exists=True,
    )
    _index("ix_deliveries_alert_id", "deliveries", "alert_id")
    _index("delivery_once", "deliveries", "receiver", "message_id", unique=True)
    _index("delivery_queue", "deliveries", "receiver", "state", "delivery_id")
    _index("delivery_state", "deliveries", "state", "receiver", "queued_at_ms")
    _index("delivery_rate", "deliveries", "receiver", "settled_at_ms")


def _create_answers() -> None:
    op.create_table(
        "decisions",
        sa.Column("alert_id", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("is_fraud", sa.Boolean, nullable=False),
        sa.Column("decided_at_ms", sa.BigInteger, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "snoozes",
        sa.Column("account_id", sa.Text, primary_key=True),
        sa.Column("feature", sa.Text, primary_key=True),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("alert_id", sa.Text, nullable=False),
        if_not_exists=True,
    )


def _create_access() -> None:
    op.create_table(
        "slack_requests",
        sa.Column("signature", sa.Text, primary_key=True),
        sa.Column("received_at_ms", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )
    _index("ix_slack_requests_received_at_ms", "slack_requests", "received_at_ms")
    op.create_table(
        "secrets",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "login_failures",
        sa.Column("failure_id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("failed_at_ms", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )
    _index("ix_login_failures_failed_at_ms", "login_failures", "failed_at_ms")


def _create_progress() -> None:
    op.create_table(
        "positions",
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("next_offset", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )


def _index(name: str, table: str, *columns: str, unique: bool = False, where: str | None = None) -> None:
    condition = {} if where is None else {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}
    op.create_index(name, table, list(columns), unique=unique, if_not_exists=True, **condition)
