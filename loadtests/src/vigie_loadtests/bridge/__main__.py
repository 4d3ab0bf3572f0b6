"""`python -m vigie_loadtests.bridge --records N`: exit 1 when a budget is missed."""

import argparse
import sys

from rich.console import Console
from rich.table import Table

from vigie_loadtests.bridge.throughput import Rate, measure
from vigie_loadtests.numbers import at_least
from vigie_runtime import run_entry_point


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(description="Measure the bridge on a real broker, on one core.")
    parser.add_argument("--records", type=at_least(1_000), default=200_000, help="of each format")
    arguments = parser.parse_args()
    rates = [*measure(arguments.records, Console(stderr=True))]
    Console().print(_table(rates))
    missed = [sentence for rate in rates for sentence in rate.missed()]
    for sentence in missed:
        sys.stderr.write(f"MISSED: {sentence}\n")
    return 1 if missed else 0


def _table(rates: list[Rate]) -> Table:
    table = Table("format", "records/s", "records/s of processor time", "records")
    for rate in rates:
        table.add_row(rate.what, f"{rate.per_second:,.0f}", f"{rate.per_core:,.0f}", f"{rate.records:,}")
    return table


if __name__ == "__main__":
    run_entry_point(main)
