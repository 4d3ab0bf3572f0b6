"""Transactions to send."""

from pathlib import Path

import pandas as pd
import pytest

REPOSITORY = Path(__file__).parents[2]
HANDBOOK = REPOSITORY.parent / "shared" / "data" / "handbook.parquet"
SAMPLE = REPOSITORY / "services" / "generator" / "sample" / "transactions.parquet"


@pytest.fixture(scope="session")
def labelled() -> pd.DataFrame:
    """50,000 transactions that were not made here where they are at hand, else the repository's own sample."""
    if not HANDBOOK.exists():
        print(f"{HANDBOOK.name} is not at hand: using the repository's own sample of {SAMPLE.name} instead")  # noqa: T201
        return pd.read_parquet(SAMPLE)
    return pd.read_parquet(HANDBOOK).head(50_000)
