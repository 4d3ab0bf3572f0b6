"""The champion's score, and what it would be if a feature were as usual (docs/adr/0002, 0024 and 0029)."""

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_detector.champion import LoadedChampion
from spark_detector.counterparties import counterparty_inputs, nothing_known
from spark_detector.threshold import VALUE
from vigie_schemas import FEATURE_NAMES, NO_HOUR, combined_score, isolation_score
from vigie_schemas.topics import DAY_MS, HOUR_MS


def with_score(champion: LoadedChampion | None) -> Callable[[DataFrame], DataFrame]:
    """Columns features, counterparty_labels, judged_by → column score, from 0 to 1; null without a champion."""
    score = F.lit(None).cast("double") if champion is None else _score(champion, _inputs(), counterparty_inputs())
    return lambda transactions: transactions.withColumn("score", score)


def lost_without_each(champion: LoadedChampion) -> Column:
    """What the score loses if a feature alone were as usual, as an array in the order of FEATURE_NAMES.

    One expression in a loop, which Spark interprets: what few rows need adds no generated code.
    """
    numbers = F.sequence(F.lit(0), F.lit(len(FEATURE_NAMES) - 1))
    return F.transform(
        numbers, lambda number: F.col("score") - _score(champion, _as_usual(number), counterparty_inputs())
    )


def lost_without_counterparty(champion: LoadedChampion) -> Column:
    """What the score loses if no fraud of the counterparty were known."""
    return F.col("score") - _score(champion, _inputs(), nothing_known())


def _inputs() -> Column:
    return F.array(*[_rounded(F.col(f"features.{name}")) for name in FEATURE_NAMES])


def _as_usual(number: Column) -> Column:
    """The inputs with that one as usual."""
    usual = F.col(f"{VALUE}.usual")
    return F.transform(
        _inputs(),
        lambda value, position: F.when(position == number, _rounded(F.get(usual, position))).otherwise(value),
    )


def _rounded(value: Column) -> Column:
    """To float32, for that is what scikit-learn compares."""
    return value.cast("float").cast("double")


def _score(champion: LoadedChampion, inputs: Column, counterparty: list[Column]) -> Column:
    of_forest = isolation_score(champion.path_length(inputs), champion.calibration.samples_per_tree)
    if champion.log_odds is None:
        return of_forest
    added = [_hour_of_day(), *counterparty][: champion.second_stage_inputs - len(FEATURE_NAMES)]
    log_odds = champion.log_odds(F.concat(inputs, F.array(*added)))
    numbers = {name: F.col(f"{VALUE}.second_stage.{name}") for name in ("weight", "offset", "scale")}
    return combined_score(of_forest, log_odds, **numbers)


def _hour_of_day() -> Column:
    of_day = F.pmod(F.col("transaction.timestamp_ms"), F.lit(DAY_MS))
    return F.when(of_day == 0, float(NO_HOUR)).otherwise(F.floor(of_day / HOUR_MS).cast("double"))
