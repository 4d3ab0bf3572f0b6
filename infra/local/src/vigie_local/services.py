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
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Set in any case, also where the user has set something else."""
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
GATEWAY: Final = Service(
    "gateway",
    "gateway",
    "answers payments",
    ready_path="/healthz",  # before the first model too it answers, by its rules
    port_variable="VIGIE_GATEWAY_PORT",
    fixed={"VIGIE_TLS_CERTIFICATE_FILE": "", "VIGIE_TLS_KEY_FILE": ""},  # who asks it on this machine speaks HTTP
)
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

# They are given the gateway's address where one is started.
CALLERS: Final = (GENERATOR, ALERT_WEBHOOK)

# The generator sends history while Spark still starts: the topic keeps it.
SERVICES: Final = (MLFLOW, DETECTOR, GENERATOR, METRICS_SINK, GATEWAY, ALERT_WEBHOOK, TRAINER)
