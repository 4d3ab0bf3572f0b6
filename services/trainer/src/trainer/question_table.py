"""Questions as a table that a person fills in: its column `label` is what `vigie labels import` reads."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import numpy as np

from trainer.trained import Trained
from vigie_schemas import FEATURE_NAMES

COLUMNS: Final = ("transaction_id", "label", "why", "account_id", "counterparty_id", "time", "amount_eur", "score")
AMOUNT: Final = FEATURE_NAMES.index("amount_log")


def question_table(trained: Trained, asked: Mapping[str, str]) -> str:
    """CSV with a row for each transaction of `asked`, in its order; `label` is empty."""
    logged = trained.logged
    places = {name: row for row, name in enumerate(logged.transaction_ids)}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, why in asked.items():
        row = places[name]
        made_at = datetime.fromtimestamp(int(logged.timestamps_ms[row]) / 1000, UTC)
        amount = float(np.expm1(logged.matrix[row, AMOUNT]))  # the feature is ln(1 + EUR)
        counterparty = logged.counterparty_ids[row] if logged.counterparty_ids else None
        about = (logged.account_ids[row], counterparty or "", made_at.isoformat(timespec="seconds"))
        writer.writerow([name, "", why, *about, f"{amount:.2f}", f"{trained.scores[row]:.4f}"])
    return text.getvalue()
