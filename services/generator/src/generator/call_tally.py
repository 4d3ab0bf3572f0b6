"""What the gateway answered, in counts."""

from collections import Counter
from dataclasses import dataclass, field

from generator.gateway_calls import CallResult


@dataclass
class CallTally:
    """What the gateway answered."""

    verdicts: Counter[str] = field(default_factory=Counter)
    bases: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    repeats: int = 0
    late: int = 0
    given_up: int = 0
    unanswered: int = 0

    def add(self, result: CallResult) -> None:
        """Count what came of a payment."""
        self.repeats += result.repeats
        self.late += result.is_late
        if result.verdict:
            self.verdicts[result.verdict] += 1
            self.bases[result.basis or "unknown"] += 1
        elif result.status is not None:
            self.refused[result.status] += 1
        else:
            self.given_up += 1

    def __str__(self) -> str:
        verdicts = ", ".join(f"{count:,} {verdict}" for verdict, count in self.verdicts.most_common()) or "nothing"
        refused = f"{self.refused.total():,} refused, " if self.refused else ""
        return f"The gateway answered {verdicts}; {refused}{self.late:,} late, {self.given_up:,} given up."

    def status(self) -> dict[str, object]:
        """Part of /status: answers by verdict and basis, refusals by HTTP status, and what did not go as it should."""
        return {
            "verdicts": dict(self.verdicts),
            "bases": dict(self.bases),
            "refused": {str(status): count for status, count in self.refused.items()},
            "repeats": self.repeats,
            "late": self.late,
            "given_up": self.given_up,
            "unanswered": self.unanswered,
        }
