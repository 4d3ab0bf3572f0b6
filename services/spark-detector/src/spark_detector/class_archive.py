"""An archive of the classes that a start of Spark loads (class-data sharing), so that the next start maps them instead.

`python -m spark_detector.class_archive` makes it, in the Python environment; the image's build does so (docs/adr/0025).
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import pandas as pd
from pyspark import SparkContext
from pyspark.ml.functions import array_to_vector
from pyspark.ml.regression import RandomForestRegressor
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_detector.batch import AnomalyDetector
from spark_detector.champion import load_champion
from spark_detector.class_sharing import ARCHIVE
from spark_detector.session import start_session
from spark_detector.settings import DetectorSettings
from spark_detector.warm_up import warm_up_transactions
from vigie_runtime import UnavailableError, load_settings, run_entry_point
from vigie_schemas import (
    FEATURE_NAMES,
    FIRST_THRESHOLD_VERSION,
    HISTORY_LENGTH,
    SCHEMA_VERSION,
    SEGMENT_ESTABLISHED,
    SEGMENT_NEW,
    Calibration,
    FeatureRange,
    Threshold,
)

ROWS: Final = 200
WRITE_TIMEOUT_SECONDS: Final = 120


def main() -> None:
    """Write the archive in the place where a start looks for it."""
    make_archive(load_settings(DetectorSettings), ARCHIVE)
    sys.stdout.write(f"{ARCHIVE}: {ARCHIVE.stat().st_size / 1e6:.0f} MB\n")


def make_archive(settings: DetectorSettings, path: Path) -> None:
    """Do what a start does up to the first judgement, and keep the classes; raise UnavailableError when that fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(
        ".partial"
    )  # Java checks the beginning of an archive only, so half of one must not be found
    partial.unlink(missing_ok=True)
    options = f"{settings.spark_jvm_options} -XX:ArchiveClassesAtExit={partial} -Xlog:cds*=error"
    spark = start_session(settings.model_copy(update={"spark_jvm_options": options}), archive=None)
    with tempfile.TemporaryDirectory(prefix="vigie-classes-") as folder:
        _judge(spark, settings, Path(folder))
    exit_code = _end(spark)
    if exit_code != 0 or not partial.exists():
        raise UnavailableError(f"Java wrote no archive to {path}: is there room, and is it Java 13 or newer?")
    partial.replace(path)


def _judge(spark: SparkSession, settings: DetectorSettings, folder: Path) -> None:
    """Load a forest as a champion's is loaded, and judge by it; what it has learnt is of no account."""
    values = [F.rand(number) for number in range(len(FEATURE_NAMES))]
    rows = spark.range(ROWS).select(array_to_vector(F.array(*values)).alias("features"), F.rand(1).alias("label"))
    RandomForestRegressor(numTrees=2, maxDepth=3, seed=7).fit(rows).save((folder / "forest").as_uri())
    (folder / "calibration.json").write_text(_calibration().model_dump_json())
    detector = AnomalyDetector(load_champion(1, folder), settings=settings, spark=spark)
    detector.detect_anomalies(pd.DataFrame(warm_up_transactions(ROWS)))


def _calibration() -> Calibration:
    threshold = Threshold(threshold=0.5, quantile=0.99)
    moment = 1_700_000_000_000
    return Calibration(
        schema_version=SCHEMA_VERSION,
        feature_names=list(FEATURE_NAMES),
        history_length=HISTORY_LENGTH,
        samples_per_tree=ROWS,
        thresholds={SEGMENT_NEW: threshold, SEGMENT_ESTABLISHED: threshold},
        threshold_version=FIRST_THRESHOLD_VERSION,
        feature_ranges={name: FeatureRange(usual=0.0, tail=1.0) for name in FEATURE_NAMES},
        alert_budget=0.01,
        trained_rows=ROWS,
        trained_from_ms=moment,
        trained_to_ms=moment + 1,
    )


def _end(spark: SparkSession) -> int:
    """End the JVM and wait for it, for it writes the archive as the last thing it does; its exit code."""
    gateway = SparkContext._gateway
    spark.stop()
    process: subprocess.Popen[bytes] | None = getattr(gateway, "proc", None)
    if gateway is None or process is None or process.stdin is None:
        raise UnavailableError("Spark's JVM was not started by this process: run the command by itself.")
    gateway.shutdown()
    process.stdin.close()  # which it takes as the sign to end
    return process.wait(WRITE_TIMEOUT_SECONDS)


if __name__ == "__main__":
    run_entry_point(main)
