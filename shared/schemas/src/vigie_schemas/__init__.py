"""The contracts of Vigie: one home for messages, topics and feature names."""

from vigie_schemas.account_numbers import is_account_number
from vigie_schemas.alert import Alert, Reason, RecentTransaction, Severity
from vigie_schemas.calibration import (
    CHAMPION_ALIAS,
    CHAMPION_ARTIFACTS,
    ESTABLISHED_FROM,
    MODEL_NAME,
    SEGMENT_ESTABLISHED,
    SEGMENT_NEW,
    Calibration,
    FeatureBins,
    FeatureRange,
    SecondStage,
    Threshold,
)
from vigie_schemas.canary import CANARY_ACCOUNT_PREFIX, SUPPRESSED_CANARY, is_canary
from vigie_schemas.currencies import EUR_PER_UNIT, MINOR_DIGITS, Rates, minor_digits, shipped_rates
from vigie_schemas.dead_letter import DeadLetter, RejectReason
from vigie_schemas.delivery import DeliveryMetrics, ReceiverMetrics
from vigie_schemas.features import ALLOWANCES, FEATURE_NAMES, FEATURES, HISTORY_LENGTH, Feature
from vigie_schemas.isolation import average_path_length, isolation_score
from vigie_schemas.label import LABEL_TRUST, Label
from vigie_schemas.listed_value import ListedValue
from vigie_schemas.measurements import MEASUREMENTS, MeasuredField, Measurement, minute_bucket
from vigie_schemas.metrics import GatewayFigures, Latency, Metrics, Quality, ScorePoint, Share
from vigie_schemas.record import SCHEMA_VERSION, Record
from vigie_schemas.scored import ScoredTransaction
from vigie_schemas.second_stage import FREE_INPUTS, HOUR_OF_DAY, NO_HOUR, SECOND_STAGE_INPUTS, combined_score
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
    DELIVERY,
    LABELS,
    METRICS,
    POLICY_LISTS,
    SCORED,
    TOPICS,
    TRANSACTIONS,
    VERDICTS,
    Topic,
)
from vigie_schemas.transaction import AcceptedTransaction, Transaction
from vigie_schemas.verdict import VERDICTS_BY_STRICTNESS, RuleHit, Verdict, VerdictName

__all__ = [
    "ALERTS",
    "ALLOWANCES",
    "CANARY_ACCOUNT_PREFIX",
    "CHAMPION_ALIAS",
    "CHAMPION_ARTIFACTS",
    "DEAD_LETTERS",
    "DELIVERY",
    "ESTABLISHED_FROM",
    "EUR_PER_UNIT",
    "FEATURES",
    "FEATURE_NAMES",
    "FIRST_THRESHOLD_VERSION",
    "FREE_INPUTS",
    "HISTORY_LENGTH",
    "HOUR_OF_DAY",
    "LABELS",
    "LABEL_TRUST",
    "MEASUREMENTS",
    "METRICS",
    "MINOR_DIGITS",
    "MODEL_NAME",
    "NO_HOUR",
    "POLICY_LISTS",
    "SCHEMA_VERSION",
    "SCORED",
    "SECOND_STAGE_INPUTS",
    "SEGMENT_ESTABLISHED",
    "SEGMENT_NEW",
    "SUPPRESSED_CANARY",
    "THRESHOLD_ARTIFACTS",
    "THRESHOLD_VERSION_TAG",
    "TOPICS",
    "TRANSACTIONS",
    "VERDICTS",
    "VERDICTS_BY_STRICTNESS",
    "AcceptedTransaction",
    "Alert",
    "Calibration",
    "DeadLetter",
    "DeliveryMetrics",
    "Feature",
    "FeatureBins",
    "FeatureRange",
    "GatewayFigures",
    "Label",
    "Latency",
    "ListedValue",
    "MeasuredField",
    "Measurement",
    "Metrics",
    "Quality",
    "Rates",
    "Reason",
    "ReceiverMetrics",
    "RecentTransaction",
    "Record",
    "RejectReason",
    "RuleHit",
    "ScorePoint",
    "ScoredTransaction",
    "SecondStage",
    "Severity",
    "Share",
    "Threshold",
    "ThresholdCause",
    "ThresholdChange",
    "Thresholds",
    "Topic",
    "Transaction",
    "Verdict",
    "VerdictName",
    "average_path_length",
    "combined_score",
    "is_account_number",
    "is_canary",
    "isolation_score",
    "minor_digits",
    "minute_bucket",
    "shipped_rates",
]
