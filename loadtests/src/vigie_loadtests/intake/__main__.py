"""`python -m vigie_loadtests.intake --base COMMIT`: exit 1 when reading is not as fast as it has to be."""

import argparse
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from vigie_loadtests.comparison.runs import checkout_of, commit_of
from vigie_loadtests.intake.files import grow_csv, write_csv, write_parquet
from vigie_loadtests.intake.reading import (
    BASE_BACKTEST,
    BASE_REPLAY,
    NOW,
    NOW_FOR_BACKTEST,
    NOW_FOR_REPLAY,
    inspect_seconds,
    read_once,
)
from vigie_loadtests.numbers import at_least
from vigie_runtime import run_entry_point

ROUNDS: Final = 3
MAX_INSPECT_SECONDS: Final = 3.0
GIGABYTE: Final = 10**9
PAIRS: Final = (
    ("replay, Parquet", "parquet", NOW, BASE_REPLAY, 5.0),
    ("replay, Parquet, row by row as it is sent", "parquet", NOW_FOR_REPLAY, BASE_REPLAY, 2.0),
    ("backtest, Parquet", "parquet", NOW_FOR_BACKTEST, BASE_BACKTEST, 2.0),
    ("backtest, CSV", "csv", NOW_FOR_BACKTEST, BASE_BACKTEST, 2.0),
)
"""What is read, today's program, the earlier one, and how many times as fast the first has to be."""


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(description="Read the same files by today's reader and by an earlier commit's.")
    parser.add_argument("--base", default="6df6c47", help="the earlier commit; its readers are those of issue 14")
    parser.add_argument("--rows", type=at_least(10_000), default=500_000)
    arguments = parser.parse_args()
    here, console = Path.cwd(), Console()
    base = commit_of(arguments.base, here)
    missed: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vigie-intake-")))
        write_parquet(folder / "payments.parquet", arguments.rows)
        write_csv(folder / "payments.csv", arguments.rows)
        grow_csv(folder / "payments.csv", folder / "large.csv", GIGABYTE)
        seconds = min(inspect_seconds(folder / "large.csv") for _ in range(ROUNDS))
        console.print(f"vigie inspect, 1 GB of CSV: {seconds:.1f} s (at most {MAX_INSPECT_SECONDS:g} s)")
        if seconds > MAX_INSPECT_SECONDS:
            missed.append(f"vigie inspect took {seconds:.1f} s, more than {MAX_INSPECT_SECONDS:g} s")
        checkout = stack.enter_context(checkout_of(base, here))
        console.print(_compared(folder, checkout, here, base, missed))
    for sentence in missed:
        sys.stderr.write(f"MISSED: {sentence}\n")
    return 1 if missed else 0


def _compared(folder: Path, checkout: Path, here: Path, base: str, missed: list[str]) -> Table:
    table = Table("reading", "rows/s now", f"rows/s at {base[:7]}", "times as fast", "at least")
    for name, ending, now, before, wanted in PAIRS:
        file = folder / f"payments.{ending}"
        rounds = [(read_once(now, file, here), read_once(before, file, checkout)) for _ in range(ROUNDS)]
        if any(first.rows != second.rows for first, second in rounds):
            missed.append(f"{name}: {rounds[0][0].rows} rows now, {rounds[0][1].rows} before")
        # of processor time: what else runs on the machine counts less
        ratio = statistics.median(second.processor / first.processor for first, second in rounds)
        rates = [statistics.median(each.rows / each.processor for each in pair) for pair in zip(*rounds, strict=True)]
        table.add_row(name, f"{rates[0]:,.0f}", f"{rates[1]:,.0f}", f"{ratio:.1f}", f"{wanted:g}")
        if ratio < wanted:
            missed.append(f"{name}: {ratio:.1f} times as fast as at {base[:7]}, not {wanted:g}")
    return table


if __name__ == "__main__":
    run_entry_point(main)
