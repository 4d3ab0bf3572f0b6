"""The topics of Vigie, listed once: everything that creates, reads or documents topics starts from here."""

from dataclasses import dataclass
from typing import Final

from vigie_schemas.alert import Alert
from vigie_schemas.challenger import Approval, ChallengerScore, ShadowReport
from vigie_schemas.counterparty import FORGET_DAYS, Counterparty
from vigie_schemas.dead_letter import DeadLetter
from vigie_schemas.delivery import DeliveryMetrics
from vigie_schemas.label import Label
from vigie_schemas.listed_value import ListedValue
from vigie_schemas.metrics import Metrics
from vigie_schemas.record import Record
from vigie_schemas.scored import ScoredTransaction
from vigie_schemas.transaction import Transaction
from vigie_schemas.verdict import Verdict

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
FOREVER_MS = -1
"""Kafka's own word for it."""


@dataclass(frozen=True)
class Topic:
    """A Kafka topic: who writes it, who reads it, how it is keyed and how long it is kept."""

    name: str
    record: type[Record]
    key: str
    partitions: int
    retention_ms: int
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    max_message_bytes: int = 1_048_588
    is_compacted: bool = False
    """Whether the last record of each key is kept, as long as retention says, and those before it are not."""

    @property
    def config(self) -> dict[str, str]:
        """Kafka's own names and values for the topic's settings."""
        compaction = "compact" if self.retention_ms == FOREVER_MS else "compact,delete"
        return {
            "cleanup.policy": compaction if self.is_compacted else "delete",
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.max_message_bytes),
        }


TRANSACTIONS: Final = Topic(
    name="transactions",
    record=Transaction,
    key="account_id",
    partitions=2,
    retention_ms=7 * DAY_MS,
    producers=("generator", "bridge", "gateway"),
    consumers=("spark-detector", "gateway"),
    max_message_bytes=2_097_152,  # a full megabyte must reach the dead-letter topic, not be refused unseen
)
SCORED: Final = Topic(
    name="transactions.scored",
    record=ScoredTransaction,
    key="account_id",
    partitions=2,
    retention_ms=7 * DAY_MS,
    producers=("spark-detector",),
    consumers=("metrics-sink", "trainer", "gateway"),
)
ALERTS: Final = Topic(
    name="transactions.alerts",
    record=Alert,
    key="account_id",
    partitions=1,
    retention_ms=30 * DAY_MS,
    producers=("spark-detector",),
    consumers=("alert-webhook", "metrics-sink", "gateway"),
)
DEAD_LETTERS: Final = Topic(
    name="transactions.dead-letter",
    record=DeadLetter,
    key="reason",
    partitions=1,
    retention_ms=30 * DAY_MS,
    producers=("spark-detector", "bridge"),
    consumers=("metrics-sink", "gateway"),
)
VERDICTS: Final = Topic(
    name="transactions.verdicts",
    record=Verdict,
    key="transaction_id",
    partitions=2,
    retention_ms=2 * DAY_MS,  # a repeat is answered alike for a day
    producers=("gateway",),
    consumers=("gateway", "metrics-sink", "alert-webhook"),
)
LABELS: Final = Topic(
    name="transactions.labels",
    record=Label,
    key="account_id",
    partitions=1,
    retention_ms=90 * DAY_MS,
    producers=("generator", "alert-webhook"),
    consumers=("metrics-sink", "trainer"),
)
METRICS: Final = Topic(
    name="metrics",
    record=Metrics,
    key="at_ms",
    partitions=1,
    retention_ms=DAY_MS,
    producers=("metrics-sink",),
    consumers=("alert-webhook",),
)
DELIVERY: Final = Topic(
    name="metrics.delivery",
    record=DeliveryMetrics,
    key="at_ms",
    partitions=1,
    retention_ms=DAY_MS,
    producers=("alert-webhook",),
    consumers=("metrics-sink",),
)
POLICY_LISTS: Final = Topic(
    name="policy.lists",
    record=ListedValue,
    key="key",
    partitions=1,
    retention_ms=FOREVER_MS,
    producers=("cli",),
    consumers=("gateway",),
    is_compacted=True,
)
COUNTERPARTIES: Final = Topic(
    name="counterparties",
    record=Counterparty,
    key="counterparty_id",
    partitions=1,
    retention_ms=FORGET_DAYS * DAY_MS,
    producers=("trainer",),
    consumers=("spark-detector",),
    is_compacted=True,
)
CHALLENGER_SCORES: Final = Topic(
    name="transactions.challenger",
    record=ChallengerScore,
    key="account_id",
    partitions=2,
    retention_ms=7 * DAY_MS,
    producers=("trainer",),
    consumers=("cli",),
)
SHADOW_REPORTS: Final = Topic(
    name="models.shadow",
    record=ShadowReport,
    key="challenger_version",
    partitions=1,
    retention_ms=90 * DAY_MS,
    producers=("trainer",),
    consumers=("alert-webhook",),
    is_compacted=True,
)
APPROVALS: Final = Topic(
    name="models.approvals",
    record=Approval,
    key="challenger_version",
    partitions=1,
    retention_ms=90 * DAY_MS,
    producers=("alert-webhook", "cli"),
    consumers=("trainer",),
)

TOPICS: Final[tuple[Topic, ...]] = (
    TRANSACTIONS,
    SCORED,
    ALERTS,
    DEAD_LETTERS,
    VERDICTS,
    LABELS,
    METRICS,
    DELIVERY,
    POLICY_LISTS,
    COUNTERPARTIES,
    CHALLENGER_SCORES,
    SHADOW_REPORTS,
    APPROVALS,
)
