"""Precision, recall and false-positive rate over labels as they arrive, each with its confidence interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vigie_runtime import intervals
from vigie_schemas import Quality, Share
from vigie_schemas.measurements import SPAN_CUMULATIVE, SPAN_WINDOW

WINDOW_MINUTES: Final = 60


def wilson(hits: int, of: int) -> Share | None:
    """Share of hits with its range at 95 %, as the contract has it; None when there is nothing to divide by."""
    found = intervals.wilson(hits, of)
    return None if found is None else Share(**found._asdict())


@dataclass
class Confusion:
    """Labelled transactions by flagged or not and fraud or not."""

    caught: int = 0
    missed: int = 0
    false_alerts: int = 0
    let_pass: int = 0

    def add(self, *, flagged: bool, is_fraud: bool, times: int = 1) -> None:
        """Count one transaction; `times=-1` removes one."""
        if is_fraud:
            self.caught += times * flagged
            self.missed += times * (not flagged)
        else:
            self.false_alerts += times * flagged
            self.let_pass += times * (not flagged)

    def plus(self, other: "Confusion") -> "Confusion":
        """Both together."""
        return Confusion(
            self.caught + other.caught,
            self.missed + other.missed,
            self.false_alerts + other.false_alerts,
            self.let_pass + other.let_pass,
        )

    def as_list(self) -> list[int]:
        """The four counts, in the order of the fields."""
        return [self.caught, self.missed, self.false_alerts, self.let_pass]

    def quality(self) -> Quality:
        """Precision, recall and false-positive rate with their intervals."""
        frauds, others = self.caught + self.missed, self.false_alerts + self.let_pass
        return Quality(
            precision=wilson(self.caught, self.caught + self.false_alerts),
            recall=wilson(self.caught, frauds),
            false_positive_rate=wilson(self.false_alerts, others),
            labelled=frauds + others,
            frauds=frauds,
        )


class QualityCounts:
    """Labelled transactions since the sink's first start, and those whose label came within the last hour."""

    def __init__(self) -> None:
        self._cumulative = Confusion()
        self._minutes: dict[int, Confusion] = {}

    def add(self, minute: int, *, flagged: bool, is_fraud: bool) -> None:
        """Count a label that came in that minute."""
        self._cumulative.add(flagged=flagged, is_fraud=is_fraud)
        self._minutes.setdefault(minute, Confusion()).add(flagged=flagged, is_fraud=is_fraud)

    def remove(self, minute: int, *, flagged: bool, is_fraud: bool) -> None:
        """Remove a label that came in that minute, because another one replaces it."""
        self._cumulative.add(flagged=flagged, is_fraud=is_fraud, times=-1)
        if minute in self._minutes:
            self._minutes[minute].add(flagged=flagged, is_fraud=is_fraud, times=-1)

    def by_span(self, minute: int) -> dict[str, Quality]:
        """Quality by span; spans without a label are left out."""
        for old in [known for known in self._minutes if known <= minute - WINDOW_MINUTES]:
            del self._minutes[old]
        window = Confusion()
        for part in self._minutes.values():
            window = window.plus(part)
        found = {SPAN_WINDOW: window.quality(), SPAN_CUMULATIVE: self._cumulative.quality()}
        return {span: quality for span, quality in found.items() if quality.labelled}

    def state(self) -> dict[str, object]:
        """What `restore` takes."""
        minutes = {str(minute): part.as_list() for minute, part in self._minutes.items()}
        return {"all": self._cumulative.as_list(), "minutes": minutes}

    def restore(self, all_counts: list[int], minutes: Mapping[str, list[int]]) -> None:
        """Continue from a kept state."""
        self._cumulative = Confusion(*all_counts)
        self._minutes = {int(minute): Confusion(*counts) for minute, counts in minutes.items()}
