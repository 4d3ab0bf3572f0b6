"""What a challenger must pass before it may serve; limits and their reasons: docs/adr/0032."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from trainer.quality.intervals import RankedFrauds, difference_interval, share_interval
from trainer.shadow.drift import largest_drift
from trainer.shadow.side_by_side import Compared
from vigie_runtime.intervals import Interval
from vigie_schemas import Calibration, Gate

MIN_FRAUDS: Final = 20
MIN_FRAUDS_OF_SCENARIO: Final = 10
BUDGET_FACTOR: Final = 2.0
MAX_LOSS: Final = 0.02
"""Of average precision or precision, which count from 0 to 1."""
MAX_COST_RATIO: Final = 2.5
"""A first second stage doubles the splits; trees are an eighth of the detector's time for a transaction."""
DRIFTED: Final = 0.25
"""Population stability index of another population, as the dashboards mark it."""
MAX_SCENARIO_LOSS: Final = 0.2
"""Of a scenario's recall."""
SEED: Final = 7


@dataclass(frozen=True)
class Watched:
    """What is known of a challenger at one moment."""

    compared: Compared
    seconds: float
    """Since it began to watch."""
    cost_ratio: float
    """Splits that a row passes, as a multiple of the champion's."""
    champion: Calibration
    challenger: Calibration


def gates_of(watched: Watched, *, rows: int, seconds: float) -> list[Gate]:
    """Each gate with what was measured; `rows` and `seconds` are how long a challenger has to be watched at least."""
    compared = watched.compared
    done, waited = compared.rows, watched.seconds
    return [
        Gate(
            name="watched",
            is_passed=True if done >= rows and waited >= seconds else None,
            sentence=f"{done:,} of {rows:,} transactions, {waited:,.0f} of {seconds:,.0f} seconds",
        ),
        _alert_rate(compared, watched.challenger.alert_budget),
        *_by_labels(compared, watched.challenger.alert_budget),
        _scenarios(compared),
        Gate(
            name="cost",
            is_passed=watched.cost_ratio <= MAX_COST_RATIO,
            sentence=f"{watched.cost_ratio:.2f} times as many splits as in the champion; at most {MAX_COST_RATIO:g}",
        ),
        _drift(watched),
    ]


def verdict_of(gates: Iterable[Gate]) -> bool | None:
    """True when all are passed, False when one is not and enough was watched; None to go on watching."""
    passed = {gate.name: gate.is_passed for gate in gates}
    if passed["watched"] is None:
        return None
    if False in passed.values():
        return False
    return None if None in passed.values() else True


def _alert_rate(compared: Compared, budget: float) -> Gate:
    """Neither sure to alert far above the budget, nor sure to alert far below it where the champion does not."""
    share = share_interval(int(compared.challenger_alerts.sum()), compared.rows)
    champions = float(compared.alerts.mean())
    most, least = BUDGET_FACTOR * max(budget, champions), min(budget, champions) / BUDGET_FACTOR
    return Gate(
        name="alert rate",
        is_passed=share.low <= most and share.high >= least,
        sentence=f"{_percent(share)} of the transactions would alert, {champions:.2%} of the champion's do; "
        f"meant are {budget:.2%}",
    )


def _by_labels(compared: Compared, budget: float) -> list[Gate]:
    names = ("average precision", "precision at the alert budget")
    if compared.frauds < MIN_FRAUDS or compared.frauds == compared.rows:
        few = f"not judged: {compared.frauds} frauds are known, {MIN_FRAUDS} are needed"
        return [Gate(name=name, is_passed=True, sentence=few) for name in names]
    challenger = RankedFrauds(compared.is_fraud, compared.challenger_scores)
    champion = RankedFrauds(compared.is_fraud, compared.scores)
    even = np.ones(compared.rows)
    values = (
        (challenger.average_precision(even), champion.average_precision(even), None),
        (challenger.precision_at(budget, even), champion.precision_at(budget, even), budget),
    )
    return [
        _no_loss(name, mine, champions, difference_interval(challenger, champion, compared.rows, share, SEED))
        for name, (mine, champions, share) in zip(names, values, strict=True)
    ]


def _no_loss(name: str, mine: float, champions: float, difference: Interval) -> Gate:
    return Gate(
        name=name,
        is_passed=difference.high >= 0 and difference.value >= -MAX_LOSS,
        sentence=f"{mine:.3f} against the champion's {champions:.3f}: {difference.value:+.3f}, with 95 % confidence "
        f"{difference.low:+.3f} to {difference.high:+.3f}; at most {MAX_LOSS:g} may be lost",
    )


def _scenarios(compared: Compared) -> Gate:
    """No kind of fraud that the champion finds is lost by more than chance explains."""
    lost: list[str] = []
    judged = 0
    for name in sorted({name for name in compared.scenarios.tolist() if name is not None}):
        of_scenario = compared.scenarios == name
        frauds = int(of_scenario.sum())
        if frauds < MIN_FRAUDS_OF_SCENARIO:
            continue
        judged += 1
        only_champion = int((of_scenario & compared.alerts & ~compared.challenger_alerts).sum())
        only_challenger = int((of_scenario & ~compared.alerts & compared.challenger_alerts).sum())
        loss = only_champion - only_challenger
        # McNemar: rows on which both agree say nothing of the difference
        if loss > MAX_SCENARIO_LOSS * frauds and loss > 2 * np.sqrt(only_champion + only_challenger):
            lost.append(f"{name}: {loss} of {frauds} frauds fewer")
    sentence = "; ".join(lost) or f"none of {judged} kinds of fraud is found much less"
    return Gate(name="scenarios", is_passed=not lost, sentence=sentence)


def _drift(watched: Watched) -> Gate:
    """What it learned from must not be further from what comes now than what the champion learned from."""
    mine = largest_drift(watched.challenger, watched.compared.matrix)
    champions = largest_drift(watched.champion, watched.compared.matrix)
    if mine is None:
        return Gate(name="drift", is_passed=True, sentence="not judged: the version holds no distributions")
    allowed = max(DRIFTED, champions[1] if champions else 0.0)
    return Gate(
        name="drift",
        is_passed=mine[1] <= allowed,
        sentence=f"stability index {mine[1]:.2f} ({mine[0]}); up to {allowed:.2f} is no worse than the champion",
    )


def _percent(share: Interval) -> str:
    return f"{share.value:.2%} ({share.low:.2%} to {share.high:.2%})"
