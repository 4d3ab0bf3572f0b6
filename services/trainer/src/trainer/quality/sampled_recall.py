"""How much fraud the alerts miss, by answers on transactions that were asked about by chance (docs/adr/0031).

Labels of alerts alone say nothing of it: what did not alert is looked at by no person. Each training asks about a few
rows that did not alert, chosen by chance; the share of fraud among their answers stands for all rows that did not.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trainer.logged_features import LoggedFeatures
from trainer.quality.intervals import share_interval
from trainer.questions import RANDOM_SAMPLE
from vigie_runtime.intervals import NORMAL_97_5, Interval
from vigie_schemas import Label

MIN_ANSWERS: Final = 20
"""Of each kind: with fewer the interval reaches over nearly all there is."""


@dataclass(frozen=True)
class SampledRecall:
    """The estimate, and what it rests on."""

    answered_alerts: int
    alert_frauds: int
    answered_others: int
    """Rows that did not alert, were asked about by chance and got an answer."""
    other_frauds: int
    recall: Interval

    def metrics(self) -> dict[str, float]:
        """By name as MLflow takes it."""
        return {
            "quality_sampled_recall": self.recall.value,
            "quality_sampled_recall_low": self.recall.low,
            "quality_sampled_recall_high": self.recall.high,
            "quality_sampled_recall_answers": self.answered_others,
        }


def sampled_recall(
    logged: LoggedFeatures, alerts: NDArray[np.bool_], labels: Mapping[str, Label], by_chance: Iterable[str]
) -> SampledRecall | None:
    """From analysts' answers; None while there are fewer than MIN_ANSWERS of either kind.

    `alerts` has an element for each row of `logged`; `by_chance` names transactions that did not alert when they were
    asked about. Both shares are taken at 97.5 %, so that recall lies between the ends with 95 % at least.
    """
    answers = {name: label.is_fraud for name, label in labels.items() if label.source == "analyst"}
    alerted = {name for name, alert in zip(logged.transaction_ids, alerts.tolist(), strict=True) if alert}
    of_alerts = [answers[name] for name in alerted & answers.keys()]
    of_others = [answers[name] for name in set(by_chance) & answers.keys()]
    if min(len(of_alerts), len(of_others)) < MIN_ANSWERS or not any(of_alerts):
        return None
    share = float(alerts.mean())
    found = share_interval(sum(of_alerts), len(of_alerts), NORMAL_97_5)
    missed = share_interval(sum(of_others), len(of_others), NORMAL_97_5)

    def recall(of_alerts: float, of_others: float) -> float:
        caught = share * of_alerts
        return caught / (caught + (1 - share) * of_others)

    between = Interval(
        recall(found.value, missed.value), recall(found.low, missed.high), recall(found.high, missed.low)
    )
    return SampledRecall(len(of_alerts), sum(of_alerts), len(of_others), sum(of_others), between)


def asked_by_chance(questions: str) -> list[str]:
    """The transactions of a table of questions that were chosen by chance."""
    return [row["transaction_id"] for row in csv.DictReader(io.StringIO(questions)) if row.get("why") == RANDOM_SAMPLE]
