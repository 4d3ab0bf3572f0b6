"""The services of the local system as data: what is started, in which order, and how one sees that it is ready."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Service:
    """A deployable of this repository, run as `python -m <module>`."""

    name: str
    module: str
    purpose: str
    ready_path: str = "/readyz"
    port_variable: str = "VIGIE_STATUS_PORT"
    environment: Mapping[str, str] = field(default_factory=dict)
    """Set unless the user has set it."""
    ready_seconds: float = 120
    needs_kafka: bool = True
    starts_after: str | None = None


MLFLOW: Final = Service(
    "mlflow-server",
    "mlflow_server",
    "model registry",
    ready_path="/health",
    port_variable="VIGIE_MLFLOW_PORT",
    needs_kafka=False,
)
DETECTOR: Final = Service("spark-detector", "spark_detector", "scores transactions", ready_path="/readyz")
# Of the history's 17,000 the first 2,500 are an account's very first payments: no ground for the first thresholds.
TRAINER: Final = Service(
    "trainer",
    "trainer",
    "learns the forest",
    ready_path="/healthz",
    environment={"VIGIE_TRAIN_MINIMUM_ROWS": "11000"},
    starts_after="mlflow-server",  # it can do nothing before, and what the server compiled need not be compiled again
)
METRICS_SINK: Final = Service("metrics-sink", "metrics_sink", "counts and measures", ready_path="/healthz")
ALERT_WEBHOOK: Final = Service(
    "alert-webhook", "alert_webhook", "live page and alerts", ready_path="/healthz", port_variable="VIGIE_PORT"
)
# Twelve days give seventeen thousand rows and thirty-five payments an account: habits enough for a first model within a
# minute of `make run`. More would be a better one; `make quality` judges one of forty days.
GENERATOR: Final = Service(
    "generator",
    "generator",
    "makes transactions",
    ready_path="/healthz",
    environment={"VIGIE_HISTORY_DAYS": "12"},
)

# The generator sends history while Spark still starts: the topic keeps it.
SERVICES: Final = (MLFLOW, DETECTOR, GENERATOR, METRICS_SINK, ALERT_WEBHOOK, TRAINER)
