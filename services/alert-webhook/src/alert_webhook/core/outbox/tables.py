"""The tables. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, Text, text

metadata = MetaData()

# BigInteger would not count up by itself in SQLite
_Number = BigInteger().with_variant(Integer, "sqlite")
WAITS_FOR_DIGEST = text("handling = 'digest' AND digest_id IS NULL")
"""Asked for every second, so few of all alerts are in its index; written out, or SQLite would not know it again."""
_IS_LISTED = text("digest_id IS NOT NULL")

alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False, index=True),
    Column("received_at_ms", BigInteger, nullable=False, index=True),
    Column("written_at_ms", BigInteger, nullable=False),  # Kafka's stamp, from which delivery latency is measured
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("account_id", Text, nullable=False, index=True),
    Column("transaction_id", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("score", Float, nullable=False),
    Column("amount_eur", Float, nullable=False),
    Column("body", Text, nullable=False),  # the alert's JSON as it came
    Column("handling", Text, nullable=False),
    Column("cause", Text),
    Column("episode_id", Text, index=True),
    Column("digest_id", Text),  # of the digest that lists it; null while it waits for one
    Column("is_fraud", Boolean),
    Column("decided_by", Text),
    Column("decided_at_ms", BigInteger),
    Index("alert_digest", "digest_id", sqlite_where=_IS_LISTED, postgresql_where=_IS_LISTED),
    Index("alert_waits", "received_at_ms", sqlite_where=WAITS_FOR_DIGEST, postgresql_where=WAITS_FOR_DIGEST),
)
"""One row per alert, whatever became of it; `revision` grows with each change a person can see."""

episodes = Table(
    "episodes",
    metadata,
    Column("episode_id", Text, primary_key=True),
    Column("account_id", Text, nullable=False, index=True),
    Column("first_alert_id", Text, nullable=False),
    Column("opened_at_ms", BigInteger, nullable=False),
    Column("last_alert_at_ms", BigInteger, nullable=False),
    Column("alert_count", Integer, nullable=False),
)
"""Alerts of one account that belong together."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", _Number, primary_key=True, autoincrement=True),
    Column("receiver", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("alert_id", Text, index=True),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("queued_at_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("problem", Text),
    Column("settled_at_ms", BigInteger),
    Column("reference", Text),  # what the receiver calls it, for messages that are answered or changed later
    Index("delivery_once", "receiver", "message_id", unique=True),
    Index("delivery_queue", "receiver", "state", "delivery_id"),
    Index("delivery_state", "state", "receiver", "queued_at_ms"),  # each second the page asks what waits
    Index("delivery_rate", "receiver", "settled_at_ms"),
)
"""One row per message and receiver; it stays `waiting` until the receiver accepted it or it is given up as `dead`."""

decisions = Table(
    "decisions",
    metadata,
    Column("alert_id", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("is_fraud", Boolean, nullable=False),
    Column("decided_at_ms", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
)
"""Each person's answer to an alert; the latest of all stands in `alerts`."""

snoozes = Table(
    "snoozes",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("feature", Text, primary_key=True),
    Column("until_ms", BigInteger, nullable=False),
    Column("person", Text, nullable=False),
    Column("alert_id", Text, nullable=False),
)
"""Accounts whose alerts with this first reason are not shown to people until then."""

slack_requests = Table(
    "slack_requests",
    metadata,
    Column("signature", Text, primary_key=True),
    Column("received_at_ms", BigInteger, nullable=False, index=True),
)
"""Signatures of the last minutes' button presses, so that a copied request has no effect."""

positions = Table(
    "positions",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    Column(
        "topic_id", Text, nullable=False, server_default=text("''")
    ),  # Kafka's, of the topic that the offset is one of
)
"""Where intake continues; written with the alerts themselves, so none is taken twice or left out."""

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""Numbers that only grow: the revision."""

secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""Keys that all workers share and no person has to set."""

login_failures = Table(
    "login_failures",
    metadata,
    Column("failure_id", _Number, primary_key=True, autoincrement=True),
    Column("address", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("failed_at_ms", BigInteger, nullable=False, index=True),
)
"""Wrong log-ins of the last minutes, shared by all workers."""
