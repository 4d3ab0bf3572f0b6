"""What every receiver can do, and how it answers."""

from dataclasses import dataclass
from typing import Protocol

from alert_webhook.core.deliveries import Delivery


@dataclass(frozen=True)
class Accepted:
    """The receiver has the message; `reference` is what it calls it, where later messages need that."""

    reference: str | None = None


@dataclass(frozen=True)
class Refusal:
    """Why an attempt failed, in words without the receiver's address, which may hold a secret."""

    reason: str
    asked_seconds: float | None = None
    """How long the receiver asked to be left alone."""
    needs_a_person: bool = False
    """Whether trying again will hardly help."""
    is_of_this_message: bool = False
    """Whether other messages may pass: this one's content is refused, not the sender."""


class Receiver(Protocol):
    """Where messages are delivered to, one at a time and in order."""

    @property
    def name(self) -> str:
        """Name of its queue, in logs, metrics and on the page; never a secret."""
        ...

    def send(self, delivery: Delivery) -> Accepted | Refusal:
        """Make one attempt; a repeat carries the same message_id."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...
