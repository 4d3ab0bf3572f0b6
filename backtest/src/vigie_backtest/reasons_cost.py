"""`python -m vigie_backtest.reasons_cost FILE`: what an alert's reasons cost, and that other payments pay nothing."""

import dataclasses
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from spark_detector import AnomalyDetector
from spark_detector.champion import LoadedChampion
from spark_detector.settings import DetectorSettings
from trainer.settings import TrainerSettings
from vigie_backtest.detector_path import DetectorPath, start_spark
from vigie_backtest.options import Options
from vigie_backtest.reading import open_file, read_transactions
from vigie_runtime import load_settings, run_entry_point
from vigie_runtime.pseudonyms import PseudonymSettings, load_pseudonyms

ROUNDS: Final = 5
MAX_MS: Final = 2.0


def main(data: Annotated[Path, typer.Argument(help="Transactions, as for the backtest.")]) -> None:
    """Judge the file in turn so that all of it alerts and so that none does; the difference is the reasons' cost."""
    settings = load_settings(DetectorSettings)
    with tempfile.TemporaryDirectory(prefix="vigie-") as folder:
        spark = start_spark(settings, cores=1)
        path = DetectorPath(spark, Path(folder), settings, load_settings(TrainerSettings))
        prepared = open_file(Options(data=data, out=Path(folder)))
        transactions = read_transactions(prepared, partial(load_pseudonyms, load_settings(PseudonymSettings))).frame
        features, _ = path.compute(transactions)
        known = transactions.loc[features.index]
        trained = path.train(features, known["timestamp_ms"].to_numpy(), tuple(known["account_id"]), seed=7)
        champion = path.champion(trained, seed=7)
        described = spark.read.parquet((Path(folder) / "described").as_uri()).cache()
        rows = described.count()

        def seconds(threshold: float) -> float:
            detector = AnomalyDetector(_with_threshold(champion, threshold), settings=settings, spark=spark)
            judged = detector.judge_features(described)
            begun = time.perf_counter()
            judged.write.format("noop").mode("overwrite").save()
            return time.perf_counter() - begun

        rounds = [(seconds(0.0), seconds(1.0)) for _ in range(ROUNDS + 1)][1:]  # the first compiles
        spark.stop()
    cost = statistics.median((all_alert - none) / rows * 1_000 for all_alert, none in rounds)
    rest = statistics.median(none / rows * 1_000 for _, none in rounds)
    typer.echo(f"reasons of an alert: {cost:.3f} ms (at most {MAX_MS} ms wanted), on top of {rest:.3f} ms a payment")
    raise typer.Exit(0 if cost <= MAX_MS else 1)


def _with_threshold(champion: LoadedChampion, threshold: float) -> LoadedChampion:
    levels = champion.calibration.thresholds
    same = {segment: level.model_copy(update={"threshold": threshold}) for segment, level in levels.items()}
    return dataclasses.replace(champion, calibration=champion.calibration.model_copy(update={"thresholds": same}))


if __name__ == "__main__":
    run_entry_point(lambda: typer.run(main))
