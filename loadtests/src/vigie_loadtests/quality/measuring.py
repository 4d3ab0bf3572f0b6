"""From transactions with decisions and labels to the figures of the quality target; pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, NamedTuple

from scipy.stats import binomtest

NEW_EPISODE_MS = 86_400_000  # between two episodes of one account and scenario lie weeks, within one at most hours

MIN_PRECISION: Final = 0.95
MAX_FALSE_POSITIVES: Final = 0.02
MIN_RECALL: Final = 0.80


class LabelledTransaction(NamedTuple):
    """A transaction, what the detector said and what the label says."""

    transaction_id: str
    account_id: str
    timestamp_ms: int
    is_alert: bool
    is_fraud: bool
    scenario: str | None


@dataclass(frozen=True)
class CountedShare:
    """A part of a whole with its 95 % interval (Wilson); the part is None where the whole is empty."""

    part: int
    whole: int
    value: float | None
    low: float
    high: float

    @classmethod
    def of(cls, part: int, whole: int) -> "CountedShare":
        """The share of so many."""
        if whole == 0:
            return cls(part, whole, None, 0.0, 1.0)
        interval = binomtest(part, whole).proportion_ci(0.95, method="wilson")
        return cls(part, whole, part / whole, float(interval.low), float(interval.high))


@dataclass(frozen=True)
class ScenarioFigures:
    """How much of a scenario was found; the delay is simulated time between an episode's begin and its first alert."""

    recall: CountedShare
    episodes: CountedShare
    median_seconds_to_alert: float | None
    median_payments_before_alert: float | None


@dataclass(frozen=True)
class QualityFigures:
    """The target figures, and what explains them."""

    transactions: int
    anomalies: int
    alerts: int
    precision: CountedShare
    false_positive_rate: CountedShare
    recall: CountedShare
    scenarios: dict[str, ScenarioFigures]

    def missed_targets(self) -> list[str]:
        """One sentence for each target that was missed; none: all were reached."""
        targets = (
            ("precision", self.precision, "more than", MIN_PRECISION),
            ("false positives", self.false_positive_rate, "less than", MAX_FALSE_POSITIVES),
            ("recall", self.recall, "at least", MIN_RECALL),
        )
        return [
            f"{name}: {_shown(share)}, the target is {comparison} {limit:.0%}"
            for name, share, comparison, limit in targets
            if not _is_kept(share.value, comparison, limit)
        ]


def measure(measured: Sequence[LabelledTransaction]) -> QualityFigures:
    """Figures of some transactions; those of several runs may be put together, as accounts differ by seed."""
    fraud = [one for one in measured if one.is_fraud]
    alerts = sum(one.is_alert for one in measured)
    found = sum(one.is_alert for one in fraud)
    return QualityFigures(
        transactions=len(measured),
        anomalies=len(fraud),
        alerts=alerts,
        precision=CountedShare.of(found, alerts),
        false_positive_rate=CountedShare.of(alerts - found, len(measured) - len(fraud)),
        recall=CountedShare.of(found, len(fraud)),
        scenarios={
            name: _scenario([one for one in fraud if (one.scenario or "unnamed") == name])
            for name in sorted({one.scenario or "unnamed" for one in fraud})
        },
    )


def episodes(fraud: Iterable[LabelledTransaction]) -> list[list[LabelledTransaction]]:
    """Payments of one scenario by account, cut where more than a day passes; each in the order of time."""
    by_account: dict[str, list[list[LabelledTransaction]]] = defaultdict(list)
    for one in sorted(fraud, key=lambda one: one.timestamp_ms):
        of_account = by_account[one.account_id]
        if of_account and one.timestamp_ms - of_account[-1][-1].timestamp_ms <= NEW_EPISODE_MS:
            of_account[-1].append(one)
        else:
            of_account.append([one])
    return [episode for of_account in by_account.values() for episode in of_account]


def _scenario(fraud: Sequence[LabelledTransaction]) -> ScenarioFigures:
    whole = episodes(fraud)
    firsts = [next((place for place, one in enumerate(episode) if one.is_alert), None) for episode in whole]
    found = [(episode, place) for episode, place in zip(whole, firsts, strict=True) if place is not None]
    delays = [(episode[place].timestamp_ms - episode[0].timestamp_ms) / 1000 for episode, place in found]
    return ScenarioFigures(
        recall=CountedShare.of(sum(one.is_alert for one in fraud), len(fraud)),
        episodes=CountedShare.of(len(found), len(whole)),
        median_seconds_to_alert=median(delays) if delays else None,
        median_payments_before_alert=median(place for _, place in found) if found else None,
    )


def _is_kept(value: float | None, comparison: str, limit: float) -> bool:
    if value is None:
        return False
    return {"more than": value > limit, "less than": value < limit, "at least": value >= limit}[comparison]


def _shown(share: CountedShare) -> str:
    return "not known, there were none" if share.value is None else f"{share.value:.2%} ({share.part} of {share.whole})"
