"""Deliveries: one message to one receiver, from its queue until it is accepted or dead."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

State = Literal["waiting", "accepted", "dead"]
Kind = Literal[
    "alert", "thread", "digest", "decision", "alarm", "operations", "label", "verdict", "challenger", "approval"
]
"""alert: a new alert; thread: a later one of an episode; digest: a list of held ones; decision: who answered what;
alarm: the hard cap is reached; operations: Grafana's own alerts; label: an answer for the labels topic; verdict: a late
one of the gateway's; challenger: may it serve, or what became of it; approval: a person's word on it, for Kafka."""

SLACK: Final = "slack"
LABELS: Final = "labels"


@dataclass(frozen=True)
class Delivery:
    """One message to one receiver. `message_id` is the same in every attempt, and after a crash."""

    delivery_id: int
    receiver: str
    message_id: str
    kind: Kind
    alert_id: str | None
    body: Mapping[str, object]
    state: State
    queued_at_ms: int
    attempts: int
    problem: str | None
    settled_at_ms: int | None
    reference: str | None
    """What the receiver calls it, where later messages need that."""


@dataclass(frozen=True)
class Queue:
    """What waits for a receiver, and what was given up."""

    waiting: int
    dead: int
    oldest_queued_at_ms: int | None
