"""What is agreed with a caller."""

from dataclasses import dataclass
from typing import Final, Literal

from vigie_schemas import VerdictName

OnFallback = VerdictName | Literal["rules"]

DEFAULT_CALLER: Final = "default"


@dataclass(frozen=True, slots=True)
class CallerPolicy:
    """How long a caller waits, what it gets where no outcome came, and how often it may call."""

    deadline_ms: int = 150
    on_fallback: OnFallback = "allow"
    observe: bool = False
    """Shadow mode: every verdict is allow, with what it would have been beside it."""
    rate_per_second: float | None = None
    """Payments; None: as many as it likes."""
    burst: int | None = None
    """Payments at once, where `rate_per_second` is set; None: those of one second."""
