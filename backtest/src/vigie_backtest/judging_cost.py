"""`python -m vigie_backtest.judging_cost FILE`: what a judgement costs with and without a second stage, and reasons.

Payments that do not alert pay nothing for reasons; each pays for the second stage, where there is one.
"""

import dataclasses
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from pyspark.sql import DataFrame, SparkSession

from spark_detector import AnomalyDetector
from spark_detector.champion import LoadedChampion
from spark_detector.settings import DetectorSettings
from trainer.counterparties.known import inputs_at
from trainer.second_stage import FromLabels
from trainer.settings import TrainerSettings
from vigie_backtest.detector_path import DetectorPath, start_spark
from vigie_backtest.options import Options
from vigie_backtest.reading import open_file, read_transactions
from vigie_runtime import load_settings, run_entry_point
from vigie_runtime.pseudonyms import PseudonymSettings, load_pseudonyms
from vigie_schemas.topics import DAY_MS, HOUR_MS

ROUNDS: Final = 5
MAX_MS: Final = 2.0
MEANT_HOURS: Final = (13, 14)
"""What the second stage is taught to find: what it finds costs as much as anything else would."""
NEVER, ALWAYS = 1.0, 0.0
"""Thresholds."""


def main(data: Annotated[Path, typer.Argument(help="Transactions, as for the backtest.")]) -> None:
    """Judge the file in turn so that all of it alerts, so that none does, and so that none does by a second stage."""
    settings = load_settings(DetectorSettings)
    with tempfile.TemporaryDirectory(prefix="vigie-") as folder:
        spark = start_spark(settings, cores=1)
        path = DetectorPath(spark, Path(folder), settings, load_settings(TrainerSettings))
        alone, taught = _champions(path, data, Path(folder))
        described = spark.read.parquet((Path(folder) / "described").as_uri()).cache()
        rows = described.count()

        def milliseconds(champion: LoadedChampion, threshold: float) -> float:
            return _seconds(spark, settings, described, _with_threshold(champion, threshold)) * 1_000 / rows

        rounds = [
            (milliseconds(alone, ALWAYS), milliseconds(alone, NEVER), milliseconds(taught, NEVER))
            for _ in range(ROUNDS + 1)
        ][1:]  # the first compiles
        spark.stop()
    reasons = statistics.median(all_alert - none for all_alert, none, _ in rounds)
    second_stage = statistics.median(both - none for _, none, both in rounds)
    rest = statistics.median(none for _, none, _ in rounds)
    typer.echo(f"reasons of an alert: {reasons:.3f} ms (at most {MAX_MS} ms wanted), on top of {rest:.3f} ms a payment")
    typer.echo(f"second stage: {second_stage:.3f} ms a payment")
    raise typer.Exit(0 if reasons <= MAX_MS else 1)


def _champions(path: DetectorPath, data: Path, folder: Path) -> tuple[LoadedChampion, LoadedChampion]:
    """The forest alone, and the same with a second stage."""
    prepared = open_file(Options(data=data, out=folder))
    transactions = read_transactions(prepared, partial(load_pseudonyms, load_settings(PseudonymSettings))).frame
    features, _ = path.compute(transactions)
    known = transactions.loc[features.index]
    times, accounts = known["timestamp_ms"].to_numpy(np.int64), tuple(known["account_id"])
    truth = np.isin(times % DAY_MS // HOUR_MS, MEANT_HOURS).astype(np.float64)
    said = FromLabels(truth, inputs_at([None] * len(truth), times))
    alone, taught = path.train(features, times, accounts, 7), path.train(features, times, accounts, 8, said)
    if taught.second_stage is None:
        raise typer.BadParameter("these transactions teach no second stage: give some with times of day")
    return path.champion(alone, 7), path.champion(taught, 8)


def _seconds(spark: SparkSession, settings: DetectorSettings, described: DataFrame, champion: LoadedChampion) -> float:
    judged = AnomalyDetector(champion, settings=settings, spark=spark).judge_features(described)
    begun = time.perf_counter()
    judged.write.format("noop").mode("overwrite").save()
    return time.perf_counter() - begun


def _with_threshold(champion: LoadedChampion, threshold: float) -> LoadedChampion:
    levels = champion.calibration.thresholds
    same = {segment: level.model_copy(update={"threshold": threshold}) for segment, level in levels.items()}
    return dataclasses.replace(champion, calibration=champion.calibration.model_copy(update={"thresholds": same}))


if __name__ == "__main__":
    run_entry_point(lambda: typer.run(main))
