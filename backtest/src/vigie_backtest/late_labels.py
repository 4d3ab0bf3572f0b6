"""Labels that come late: what was known when the forest was learned, and what came of it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from trainer.counterparties.known import counterparties_at, inputs_at
from trainer.forest import unusualness
from trainer.quality.ranking import EvaluatedRows, Figures
from trainer.second_stage import MIN_FRAUDS, KnownTruth
from trainer.trained import Trained
from vigie_backtest.averaging import mean_of
from vigie_backtest.figures import compared
from vigie_backtest.options import Options
from vigie_runtime import InputError
from vigie_schemas import COUNTERPARTY_INPUTS, FEATURE_NAMES, FORGET_DAYS, SCHEMA_VERSION, Label


def require_labels(options: Options, *, labelled: bool) -> None:
    """Raise InputError where labels are to teach and the file has none."""
    if options.teaches and not labelled:
        raise InputError("The file has no labels that could teach. Name their column with --column label=NAME.")


def teaching_rows(frame: pd.DataFrame, without: tuple[str, ...]) -> pd.DataFrame:
    """The rows, those of scenarios that are left out without a label: what is not evaluated does not teach either.

    Needs columns scenario and label.
    """
    return frame.assign(label=frame["label"].mask(frame["scenario"].isin(without))) if without else frame


def truth_at(learned: pd.DataFrame, cut_ms: int, delay_ms: int) -> KnownTruth:
    """The truth of each row by the labels that had come by the cut; NaN where none had.

    Needs columns timestamp_ms and label; an element a row.
    """
    has_come = (learned["timestamp_ms"] + delay_ms <= cut_ms).to_numpy()
    return np.where(has_come, learned["label"].to_numpy(np.float64, na_value=np.nan), np.nan)


def known_counterparties(accepted: pd.DataFrame, delay_ms: int) -> pd.Series:
    """CounterpartyLabels or None by row: what was known of whom a row pays by the labels that had come before it.

    Needs columns timestamp_ms, account_id, merchant_id, payee_id and label. Labels go on coming after the cut, each so
    long after its transaction: what was learned stays, what is known of a counterparty does not.
    """
    merchants = accepted["merchant_id"].astype(object)
    names = merchants.where(merchants.notna(), accepted["payee_id"].astype(object))
    names = names.where(names.notna(), None)
    times = accepted["timestamp_ms"].to_numpy(np.int64)
    labels = [
        Label(
            schema_version=SCHEMA_VERSION,
            transaction_id=str(row),
            account_id=account,
            is_fraud=bool(truth),
            scenario=None,
            source="dataset",
            labelled_at_ms=int(at_ms) + delay_ms,
            timestamp_ms=int(at_ms),
            counterparty_id=name,
        )
        for row, account, name, at_ms, truth in zip(
            accepted.index, accepted["account_id"], names, times, accepted["label"], strict=True
        )
        if not pd.isna(truth)
    ]
    return pd.Series(counterparties_at(names.tolist(), times, labels), index=accepted.index, dtype=object)


def forest_alone(
    trained: Sequence[Trained], features: pd.DataFrame, evaluated: EvaluatedRows, options: Options
) -> Figures:
    """Figures of the same forests without their second stages, mean over the seeds.

    `features` are those of the evaluated rows, with columns FEATURE_NAMES.
    """
    matrix = features[list(FEATURE_NAMES)].to_numpy(np.float64)
    scores = (unusualness(each.forest, matrix) for each in trained)
    return mean_of([compared(evaluated, score, options.budgets, options.cards_a_day) for score in scores])


def notes_on_labels(trained: Mapping[int, Trained], options: Options) -> list[str]:
    """A sentence for each seed on what the labels taught; none where no label was to teach."""
    if not options.teaches:
        return []
    return [_note(seed, each) for seed, each in trained.items()]


def note_on_counterparties(known: pd.Series, evaluated: EvaluatedRows) -> str:
    """How many of the evaluated rows pay somebody of whom a fraud was known; `known` has an element for each."""
    inputs = inputs_at(known, evaluated.timestamp_ms)
    is_known = inputs[:, COUNTERPARTY_INPUTS.index("counterparty_days_since_fraud")] < FORGET_DAYS
    is_fraud = np.zeros(len(is_known), dtype=bool) if evaluated.label is None else evaluated.label == 1
    frauds, others = int((is_known & is_fraud).sum()), int((is_known & ~is_fraud).sum())
    return (
        f"{frauds:,} of the {int(is_fraud.sum()):,} frauds evaluated went to a merchant or payee of whom a fraud had "
        f"become known in the {FORGET_DAYS} days before, as did {others:,} of the other rows. Such labels go on coming "
        "after the cut, each so long after its transaction."
    )


def _note(seed: int, trained: Trained) -> str:
    second_stage = trained.second_stage
    if second_stage is None:
        return (
            f"Seed {seed}: the forest scores alone. Fewer than {MIN_FRAUDS} frauds were known at the cut, or what was "
            "learned from them put held-out fraud no higher than the forest does."
        )
    numbers = second_stage.combination
    return (
        f"Seed {seed}: {numbers.frauds:,} frauds and {numbers.others:,} other rows, known at the cut, taught a second "
        f"stage of weight {numbers.weight:.2f}. On held-out parts of them average precision rose from "
        f"{second_stage.forest_precision:.3f} to {second_stage.combined_precision:.3f}."
    )
