"""What the backtest's tests share: options, a progress without a terminal, made-up evaluated rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from vigie_backtest.progress import Progress

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def progress() -> Progress:
    return Progress(Console(quiet=True))


@pytest.fixture
def raw() -> pd.DataFrame:
    """A small file's rows: three accounts, about an hour apart, every twentieth fraud."""
    count = 200
    return pd.DataFrame(
        {
            "ts": pd.date_range("2025-03-01", periods=count, freq="61min", tz="UTC"),
            "account_id": [f"account-{number % 3}" for number in range(count)],
            "amount": np.linspace(5, 50, count),
            "label": [int(number % 20 == 0) for number in range(count)],
            "scenario": [
                ("burst" if number % 40 == 0 else "drain") if number % 20 == 0 else None for number in range(count)
            ],
        }
    )


@pytest.fixture(scope="session")
def sample_file() -> Path:
    """The generator's sample: 6,000 labelled transactions."""
    return REPOSITORY / "services" / "generator" / "sample" / "transactions.parquet"
