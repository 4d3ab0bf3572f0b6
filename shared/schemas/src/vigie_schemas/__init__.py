"""The contracts of Vigie: one home for messages, topics and feature names."""

from vigie_schemas.alert import Alert, Reason, RecentTransaction, Severity
from vigie_schemas.calibration import (
    CHAMPION_ALIAS,
    CHAMPION_ARTIFACTS,
    ESTABLISHED_FROM,
    MODEL_NAME,
    SEGMENT_ESTABLISHED,
    SEGMENT_NEW,
    Calibration,
    FeatureRange,
    Threshold,
)
from vigie_schemas.currencies import EUR_PER_UNIT
from vigie_schemas.dead_letter import DeadLetter, RejectReason
from vigie_schemas.features import ALLOWANCES, FEATURE_NAMES, FEATURES, HISTORY_LENGTH, Feature
from vigie_schemas.label import Label
from vigie_schemas.metrics import Latency, Metrics, ScorePoint
from vigie_schemas.record import SCHEMA_VERSION, Record
from vigie_schemas.scored import ScoredTransaction
from vigie_schemas.thresholds import (
    FIRST_THRESHOLD_VERSION,
    THRESHOLD_ARTIFACTS,
    THRESHOLD_VERSION_TAG,
    ThresholdCause,
    ThresholdChange,
    Thresholds,
)
from vigie_schemas.topics import (
    ALERTS,
    DEAD_LETTERS,
    LABELS,
    METRICS,
    SCORED,
    TOPICS,
    TRANSACTIONS,
    Topic,
)
from vigie_schemas.transaction import Transaction

__all__ = [
    "ALERTS",
    "ALLOWANCES",
    "CHAMPION_ALIAS",
    "CHAMPION_ARTIFACTS",
    "DEAD_LETTERS",
    "ESTABLISHED_FROM",
    "EUR_PER_UNIT",
    "FEATURES",
    "FEATURE_NAMES",
    "FIRST_THRESHOLD_VERSION",
    "HISTORY_LENGTH",
    "LABELS",
    "METRICS",
    "MODEL_NAME",
    "SCHEMA_VERSION",
    "SCORED",
    "SEGMENT_ESTABLISHED",
    "SEGMENT_NEW",
    "THRESHOLD_ARTIFACTS",
    "THRESHOLD_VERSION_TAG",
    "TOPICS",
    "TRANSACTIONS",
    "Alert",
    "Calibration",
    "DeadLetter",
    "Feature",
    "FeatureRange",
    "Label",
    "Latency",
    "Metrics",
    "Reason",
    "RecentTransaction",
    "Record",
    "RejectReason",
    "ScorePoint",
    "ScoredTransaction",
    "Severity",
    "Threshold",
    "ThresholdCause",
    "ThresholdChange",
    "Thresholds",
    "Topic",
    "Transaction",
]
