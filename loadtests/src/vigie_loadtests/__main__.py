"""`python -m vigie_loadtests`: exit 1 when a budget is missed."""

import argparse
import sys

from rich.console import Console

from vigie_loadtests.run import FOLDER, run_load
from vigie_runtime import run_entry_point


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(description="Load the whole system on this machine and check the budgets.")
    parser.add_argument("--rate", type=int, default=1000, help="transactions a second")
    parser.add_argument("--duration", type=int, default=330, help="measured seconds")
    parser.add_argument("--warm-up", type=int, default=30, help="seconds before, checked but not measured")
    arguments = parser.parse_args()
    report, broken = run_load(arguments.rate, arguments.duration, arguments.warm_up, Console())
    sys.stdout.write((FOLDER / "report.json").read_text())
    for sentence in broken:
        sys.stderr.write(f"MISSED: {sentence}\n")
    sys.stdout.write(f"{report.scored} of {report.sent} scored. See {FOLDER / 'report.html'}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    run_entry_point(main)
