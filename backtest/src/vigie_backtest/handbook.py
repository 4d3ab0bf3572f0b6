"""The Fraud Detection Handbook's published transactions as one file that the backtest reads.

`python -m vigie_backtest.handbook FOLDER FILE`: FOLDER holds the daily pickles of
https://github.com/Fraud-Detection-Handbook/simulated-data-raw. Pickles run code when they are read: read only those.
"""

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final

import pandas as pd
import typer

from vigie_runtime import InputError, run_entry_point

SCENARIOS: Final = {1: "amount_over_220", 2: "terminal_compromised_28d", 3: "customer_leaked_14d_amount_x5"}
"""The handbook's numbers of its kinds of fraud, as names."""
EXPECTED_COLUMNS: Final = ("TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT", "TX_FRAUD", "TX_FRAUD_SCENARIO")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def read_handbook(folder: Path) -> pd.DataFrame:
    """Transactions of 700 of the 5,000 customers, those that our figures are measured on, in order of time.

    Columns: ts (UTC, microseconds), account_id, amount, merchant_id, label (int8, 1: fraud), scenario (None: no fraud).
    Raise InputError where the folder does not hold the handbook's pickles.
    """
    days = sorted(folder.glob("*.pkl"))
    if not days:
        raise InputError(f"There are no .pkl files in {folder}. Give the folder `data` of simulated-data-raw.")
    raw = pd.concat([_read_day(day) for day in days], ignore_index=True)
    missing = [column for column in EXPECTED_COLUMNS if column not in raw]
    if missing:
        raise InputError(f"The files in {folder} have no column {missing[0]}. Give the data of simulated-data-raw.")
    kept = raw.loc[raw["CUSTOMER_ID"].astype(int).isin(list(_customers()))]
    rows = pd.DataFrame(
        {
            "ts": kept["TX_DATETIME"].astype("datetime64[us]").dt.tz_localize("UTC"),
            "account_id": "C" + kept["CUSTOMER_ID"].astype(str),
            "amount": kept["TX_AMOUNT"].astype(float),
            "merchant_id": "T" + kept["TERMINAL_ID"].astype(str),
            "label": kept["TX_FRAUD"].astype("int8"),
            "scenario": kept["TX_FRAUD_SCENARIO"].map(SCENARIOS),
        }
    )
    return rows.sort_values("ts", kind="stable", ignore_index=True)


def _read_day(file: Path) -> pd.DataFrame:
    rows = pd.read_pickle(file)  # noqa: S301 - the docstring above says which files; labelled-data.sh fetches them by commit
    if not isinstance(rows, pd.DataFrame):
        raise InputError(f"{file} holds no table. Give the folder `data` of simulated-data-raw.")
    return rows


def _customers() -> set[int]:
    return {int(number) for number in (files("vigie_backtest") / "handbook_customers.txt").read_text().split()}


@app.command()
def write(
    folder: Annotated[Path, typer.Argument(help="Folder `data` of simulated-data-raw.")],
    file: Annotated[Path, typer.Argument(help="Parquet file to write.")],
) -> None:
    """Write the transactions to a Parquet file, whole or not at all."""
    rows = read_handbook(folder)
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished")
    rows.to_parquet(unfinished, index=False)
    unfinished.replace(file)
    typer.echo(f"{file}: {len(rows):,} transactions, {rows['label'].sum():,} of them fraud")


if __name__ == "__main__":
    run_entry_point(app)
