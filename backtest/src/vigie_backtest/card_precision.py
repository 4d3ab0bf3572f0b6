"""Card precision: of the accounts an investigator looks at in a day, how many had fraud that day.

Definition of the Fraud Detection Handbook (Le Borgne, Siblini, Lebichot, Bontempi, 2022, "Card Precision top-k"): an
account counts with its highest score of the day, and one found on an earlier day is not counted again.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from trainer.quality.ranking import EvaluatedRows, Figures, Floats

DAY_MS = 86_400_000
ONE_PERCENT = 0.01


def card_precision(evaluated: EvaluatedRows, scores: Floats, cards_a_day: int) -> Figures | None:
    """Card precision by k, mean over days; `one_percent_k` is the k near 1 % of the accounts active in a day.

    One score for each evaluated row. None without labels.
    """
    if evaluated.label is None:
        return None
    days = _days(evaluated, evaluated.label, scores)
    active = float(np.mean([len(day) for day in days]))
    small = max(1, round(ONE_PERCENT * active))
    return {
        "cards_a_day": float(cards_a_day),
        "one_percent_k": float(small),
        "active_accounts_a_day": active,
        "by_k": {str(k): _precision_at(days, k) for k in sorted({small, cards_a_day})},
    }


def _days(evaluated: EvaluatedRows, label: np.ndarray, scores: Floats) -> list[pd.DataFrame]:
    """Per UTC day one row an account, highest score first; ties go by the account's name, not by row order."""
    rows = pd.DataFrame(
        {
            "day": evaluated.timestamp_ms // DAY_MS,
            "account": evaluated.account.astype(str),
            "score": scores,
            "fraud": label,
        }
    )
    highest = rows.groupby(["day", "account"], as_index=False).agg({"score": "max", "fraud": "max"})
    ordered = highest.assign(from_top=-highest["score"]).sort_values(by=["day", "from_top", "account"])
    return [day for _, day in ordered.groupby("day")]


def _precision_at(days: Sequence[pd.DataFrame], k: int) -> Figures:
    found: set[str] = set()
    shares, best, looked_at = [], [], []
    for day in days:
        open_cases = day[~day["account"].isin(list(found))]
        top = open_cases.head(k)
        if top.empty:
            continue
        hits = top[top["fraud"] == 1]["account"]
        shares.append(len(hits) / len(top))
        best.append(min(int(open_cases["fraud"].sum()), len(top)) / len(top))
        looked_at.append(len(top))
        found |= set(hits)
    compromised = {name for day in days for name in day[day["fraud"] == 1]["account"]}
    return {
        "precision": float(np.mean(shares)),
        "best_possible": float(np.mean(best)),
        "accounts_looked_at_a_day": float(np.mean(looked_at)),
        "compromised_accounts": float(len(compromised)),
        "found_accounts": float(len(found)),
    }
