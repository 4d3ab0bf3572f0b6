"""What integration tests share: Spark, and transactions to send."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from spark_detector.session import start_session
from spark_detector.settings import DetectorSettings

REPOSITORY = Path(__file__).parents[2]
HANDBOOK = REPOSITORY.parent / "shared" / "data" / "handbook.parquet"
SAMPLE = REPOSITORY / "services" / "generator" / "sample" / "transactions.parquet"


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    if shutil.which("java") is None:
        pytest.skip("no Java on this machine: install Java 17 to run the tests that need Spark")
    session = start_session(DetectorSettings())
    yield session
    session.stop()


@pytest.fixture(scope="session")
def labelled() -> pd.DataFrame:
    """50,000 transactions that nobody here made where they are at hand, else the repository's own sample."""
    if not HANDBOOK.exists():
        print(f"{HANDBOOK.name} is not at hand: using the repository's own sample of {SAMPLE.name} instead")  # noqa: T201
        return pd.read_parquet(SAMPLE)
    return pd.read_parquet(HANDBOOK).head(50_000)
