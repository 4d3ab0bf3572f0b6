"""Transactions to send."""

from pathlib import Path

import pandas as pd
import pytest

from vigie_testing.labelled import find_labelled, how_to_get

REPOSITORY = Path(__file__).parents[2]
SAMPLE = REPOSITORY / "services" / "generator" / "sample" / "transactions.parquet"


@pytest.fixture(scope="session")
def labelled() -> pd.DataFrame:
    """50,000 transactions that were not made here where they are at hand, else the repository's own sample."""
    handbook = find_labelled("handbook.parquet")
    if handbook is None:
        print(f"{how_to_get('handbook.parquet')}; using the repository's own sample instead")  # noqa: T201
        return pd.read_parquet(SAMPLE)
    return pd.read_parquet(handbook).head(50_000)
