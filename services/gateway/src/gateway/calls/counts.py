"""What the gateway answered since its start, for its status."""

from collections import Counter, deque
from collections.abc import Mapping
from typing import Any, Final

WINDOW_SECONDS: Final = 300
CANARY: Final = "canary"


class AnswerCounts:
    """Answers by verdict, basis and cause; canaries are not counted."""

    def __init__(self) -> None:
        self._verdicts: Counter[str] = Counter()
        self._causes: Counter[str] = Counter()
        self._by_basis: Counter[str] = Counter()
        self._late = 0
        self._seconds: deque[tuple[int, int, int]] = deque()
        """Second, answers and fallbacks in it, over the last five minutes."""

    def add(self, record: Mapping[str, Any], second: int) -> None:
        """Count an answer, or a late verdict."""
        if record["caller"] == CANARY:
            return
        if record["late"]:
            self._late += 1
            return
        is_fallback = record["basis"] == "fallback"
        self._verdicts[record["verdict"]] += 1
        self._by_basis[record["basis"]] += 1
        if is_fallback:
            self._causes[record["fallback_cause"]] += 1
        if self._seconds and self._seconds[-1][0] == second:
            _, answers, fallbacks = self._seconds.pop()
            self._seconds.append((second, answers + 1, fallbacks + is_fallback))
        else:
            self._seconds.append((second, 1, int(is_fallback)))
        while self._seconds[0][0] <= second - WINDOW_SECONDS:
            self._seconds.popleft()

    def status(self, second: int) -> dict[str, object]:
        """Totals since the start, and the share of fallbacks over five minutes."""
        recent = [each for each in self._seconds if each[0] > second - WINDOW_SECONDS]
        answers = sum(count for _, count, _ in recent)
        fallbacks = sum(count for _, _, count in recent)
        return {
            "answers_total": self._verdicts.total(),
            "verdicts": dict(self._verdicts),
            "basis": dict(self._by_basis),
            "fallback_causes": dict(self._causes),
            "late_verdicts": self._late,
            "fallback_share_5m": round(fallbacks / answers, 6) if answers else 0.0,
        }
