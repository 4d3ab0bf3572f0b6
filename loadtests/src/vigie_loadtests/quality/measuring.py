"""From transactions with verdict and truth to the figures of the promise; pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, NamedTuple

from scipy.stats import binomtest

NEW_EPISODE_MS = 86_400_000  # between two episodes of one account and scenario lie weeks, within one at most hours

LEAST_PRECISION: Final = 0.95
MOST_FALSE_POSITIVES: Final = 0.02
LEAST_RECALL: Final = 0.80


class Judged(NamedTuple):
    """A transaction, what the detector said and what the label says."""

    transaction_id: str
    account_id: str
    timestamp_ms: int
    is_alert: bool
    is_fraud: bool
    scenario: str | None


@dataclass(frozen=True)
class Share:
    """A part of a whole with its 95 % interval (Wilson); the part is None where the whole is empty."""

    part: int
    whole: int
    value: float | None
    low: float
    high: float

    @classmethod
    def of(cls, part: int, whole: int) -> "Share":
        """The share of so many."""
        if whole == 0:
            return cls(part, whole, None, 0.0, 1.0)
        interval = binomtest(part, whole).proportion_ci(0.95, method="wilson")
        return cls(part, whole, part / whole, float(interval.low), float(interval.high))


@dataclass(frozen=True)
class ScenarioFigures:
    """How much of a scenario was found; the delay is simulated time between an episode's begin and its first alert."""

    recall: Share
    episodes: Share
    median_seconds_to_alert: float | None
    median_payments_before_alert: float | None


@dataclass(frozen=True)
class Figures:
    """What is promised, and what explains it."""

    transactions: int
    anomalies: int
    alerts: int
    precision: Share
    false_positive_rate: Share
    recall: Share
    scenarios: dict[str, ScenarioFigures]

    def missed_promises(self) -> list[str]:
        """One sentence for each promise that was not kept; none: all were."""
        promises = (
            ("precision", self.precision, "more than", LEAST_PRECISION),
            ("false positives", self.false_positive_rate, "less than", MOST_FALSE_POSITIVES),
            ("recall", self.recall, "at least", LEAST_RECALL),
        )
        return [
            f"{name}: {_shown(share)}, promised {comparison} {limit:.0%}"
            for name, share, comparison, limit in promises
            if not _is_kept(share.value, comparison, limit)
        ]


def judge(judged: Sequence[Judged]) -> Figures:
    """Figures of some transactions; those of several runs may be put together, as accounts differ by seed."""
    fraud = [one for one in judged if one.is_fraud]
    alerts = sum(one.is_alert for one in judged)
    found = sum(one.is_alert for one in fraud)
    return Figures(
        transactions=len(judged),
        anomalies=len(fraud),
        alerts=alerts,
        precision=Share.of(found, alerts),
        false_positive_rate=Share.of(alerts - found, len(judged) - len(fraud)),
        recall=Share.of(found, len(fraud)),
        scenarios={
            name: _scenario([one for one in fraud if (one.scenario or "unnamed") == name])
            for name in sorted({one.scenario or "unnamed" for one in fraud})
        },
    )


def episodes(fraud: Iterable[Judged]) -> list[list[Judged]]:
    """Payments of one scenario by account, cut where more than a day passes; each in the order of time."""
    by_account: dict[str, list[list[Judged]]] = defaultdict(list)
    for one in sorted(fraud, key=lambda one: one.timestamp_ms):
        of_account = by_account[one.account_id]
        if of_account and one.timestamp_ms - of_account[-1][-1].timestamp_ms <= NEW_EPISODE_MS:
            of_account[-1].append(one)
        else:
            of_account.append([one])
    return [episode for of_account in by_account.values() for episode in of_account]


def _scenario(fraud: Sequence[Judged]) -> ScenarioFigures:
    whole = episodes(fraud)
    firsts = [next((place for place, one in enumerate(episode) if one.is_alert), None) for episode in whole]
    found = [(episode, place) for episode, place in zip(whole, firsts, strict=True) if place is not None]
    delays = [(episode[place].timestamp_ms - episode[0].timestamp_ms) / 1000 for episode, place in found]
    return ScenarioFigures(
        recall=Share.of(sum(one.is_alert for one in fraud), len(fraud)),
        episodes=Share.of(len(found), len(whole)),
        median_seconds_to_alert=median(delays) if delays else None,
        median_payments_before_alert=median(place for _, place in found) if found else None,
    )


def _is_kept(value: float | None, comparison: str, limit: float) -> bool:
    if value is None:
        return False
    return {"more than": value > limit, "less than": value < limit, "at least": value >= limit}[comparison]


def _shown(share: Share) -> str:
    return "not known, there were none" if share.value is None else f"{share.value:.2%} ({share.part} of {share.whole})"
