"""What the page and the API show, as models: they make the answers and describe them in /openapi.json."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from alert_webhook.core.alerts import Cause, Handling
from alert_webhook.core.deliveries import Kind, State
from vigie_schemas import Alert, Metrics, ShadowReport

Access = Literal["open", "session", "token"]
Count = Annotated[int, Field(ge=0)]


class View(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(frozen=True)


class ErrorView(View):
    """Why it was refused, and what to do."""

    error: str


class SessionView(View):
    """Who asks, and how they were let in."""

    person: str | None
    access: Access = Field(description="open: this machine only, without a log-in.")
    csrf_token: str = Field(description="Sent back as X-CSRFToken with every write; empty where none is needed.")
    can_try: bool = Field(description="Whether there is a gateway, so that payments can be tried on /try.")


class DecisionView(View):
    """The answer that stands."""

    is_fraud: bool
    by: str
    at_ms: int


class DeliveryView(View):
    """How far one message to one receiver is."""

    delivery_id: int
    receiver: str
    kind: Kind
    state: State
    attempts: Count
    problem: str | None = Field(description="Why the last attempt failed.")
    queued_at_ms: int
    settled_at_ms: int | None


class QueuedDeliveryView(DeliveryView):
    """A message in a list of all receivers' messages."""

    message_id: str
    alert_id: str | None


class DeliveryListView(View):
    """Messages, the newest first."""

    deliveries: list[QueuedDeliveryView]


class LinksView(View):
    """Where to look further."""

    grafana: str | None


class AlertView(View):
    """An alert and what became of it."""

    alert: Alert
    revision: int = Field(description="Grows with every change; the greater one is the newer view.")
    received_at_ms: int
    handling: Handling
    cause: Cause | None
    episode_id: str | None
    episode_alerts: Count = Field(description="Alerts of its episode so far; 0 without one.")
    digest_id: str | None
    decision: DecisionView | None
    deliveries: list[DeliveryView]
    links: LinksView

    @property
    def alert_id(self) -> str:
        """Its identity, the alert's own."""
        return self.alert.alert_id


class AlertListView(View):
    """Alerts, the latest received first."""

    alerts: list[AlertView]
    next: str | None = Field(description="Ask for those `before` it to continue; null at the end.")


class SnoozedView(View):
    """What is silent now, and until when."""

    account_id: str
    feature: str
    until_ms: int


class SnoozeView(SnoozedView):
    """A snooze, who asked for it and at which alert."""

    person: str
    alert_id: str


class SnoozeListView(View):
    """Snoozes that have not run out."""

    snoozes: list[SnoozeView]


class EndedView(View):
    """How many were ended."""

    ended: Count


class RetryView(View):
    """How many dead messages wait for their turn again."""

    retried: Count


class VolumeView(View):
    """Alerts that were less than a message of their own."""

    since_ms: int
    by_cause: dict[str, Count]


class LatestMetricsView(RootModel[Metrics | None]):
    """The newest second's figures; null before the first."""


class ChallengerView(RootModel[ShadowReport | None]):
    """How the last challenger compares, or what became of it; null before the first."""


class ReceiverView(View):
    """State of one receiver's queue."""

    name: str
    waiting: Count
    dead: Count
    oldest_waiting_ms: int | None = Field(description="Age of the oldest waiting message; null when none waits.")
    problem: str | None = Field(description="Why the message whose turn it is was not accepted yet.")


class ServiceView(View):
    """How the service itself is."""

    kafka_reachable: bool = False
    outbox_reachable: bool = False
    intake_lag: int | None = Field(default=None, description="Alerts not taken in yet; null while unknown.")
    receivers: list[ReceiverView] = []
    suppressed_today: dict[str, Count] = Field(
        default_factory=dict, description="By cause: since midnight in VIGIE_TIME_ZONE."
    )


class RegistryView(View):
    """What the registry says should serve, to compare with what the metrics say does."""

    reachable: bool | None = Field(default=None, description="Null: no registry is set.")
    champion_version: int | None = None
    threshold_version: int | None = None


class AliveView(View):
    """The process answers."""

    alive: bool


class ReadinessView(View):
    """Whether it can do its work, and what is missing."""

    ready: bool
    kafka_reachable: bool
    waiting_for: str | None = Field(default=None, description="What is waited for from Kafka; null when nothing is.")
    topic_differences: list[dict[str, str]] = Field(
        default=[], description="Settings of topics that are not what their contracts say."
    )
    outbox_reachable: bool
    intake_lag: int | None
    ended_threads: list[str]


class QueuedView(View):
    """Whether the message is new; a repeat is absorbed."""

    queued: bool
