"""What a call brings besides its payment."""

from dataclasses import dataclass

from gateway.tracing import CallTrace


@dataclass(frozen=True, slots=True)
class Request:
    """What a call brings besides its payment."""

    caller: str
    request_id: str
    started: float
    """Seconds of the monotonic clock."""
    deadline_ms: float | None = None
    trace: CallTrace | None = None
