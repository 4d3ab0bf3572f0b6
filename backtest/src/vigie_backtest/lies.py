"""Labels that lie, to see what a training loses by them: some of all, or fraudsters' word on their own accounts."""

from typing import Final, Literal, get_args

import numpy as np
import pandas as pd

Lies = Literal["tenth", "own"]
LIES: Final = get_args(Lies)
SHARE: Final = 0.1
SEED: Final = 7


def with_lies(rows: pd.DataFrame, lies: str | None, *, are_answers: bool) -> pd.DataFrame:
    """The rows with labels as they are given; needs columns label and account_id.

    `tenth`: one label in ten says the opposite. Where labels name the frauds of a file instead of answering questions,
    it is one fraud in ten, and as many sound rows: a tenth of all sound rows would be twelve times the fraud there is.
    `own`: the accounts with fraud are taken in turn by chance; of one in ten every fraud is labelled as sound.
    """
    if lies is None:
        return rows
    random = np.random.default_rng(SEED)
    label = rows["label"].to_numpy(np.float64, na_value=np.nan)
    is_fraud, is_sound = label == 1, label == 0
    if lies == "own":
        accounts = np.unique(rows.loc[is_fraud, "account_id"].astype(str))
        liars = random.choice(accounts, max(1, round(SHARE * len(accounts))), replace=False)
        flipped = is_fraud & rows["account_id"].astype(str).isin(liars.tolist()).to_numpy()
    else:
        sound_share = SHARE if are_answers else SHARE * is_fraud.sum() / max(1, is_sound.sum())
        chance = random.random(len(rows))
        flipped = (is_fraud & (chance < SHARE)) | (is_sound & (chance < sound_share))
    return rows.assign(label=pd.Series(np.where(flipped, 1 - label, label), rows.index).astype("Float64"))


def note_on_lies(true: pd.DataFrame, given: pd.DataFrame) -> str:
    """One sentence for the report; both need the column label, and the same rows."""
    was, said = (frame["label"].to_numpy(np.float64, na_value=np.nan) for frame in (true, given))
    hidden, invented = int(((was == 1) & (said == 0)).sum()), int(((was == 0) & (said == 1)).sum())
    return (
        f"Labels lied to the training: {hidden:,} of {int((was == 1).sum()):,} frauds were called sound, and "
        f"{invented:,} sound rows fraud. What is measured is the truth."
    )
