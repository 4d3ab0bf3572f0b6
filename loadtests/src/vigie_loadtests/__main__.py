"""`python -m vigie_loadtests`: exit 1 when a budget is missed."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from vigie_loadtests.latency.report import Plan
from vigie_loadtests.latency.run import FOLDER, run_load
from vigie_loadtests.latency.text import file_name
from vigie_loadtests.numbers import at_least
from vigie_runtime import InputError, run_entry_point

RESULTS = Path("loadtests/results")


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(description="Load the whole system on this machine and check the budgets.")
    parser.add_argument("--rate", type=at_least(1), default=1000, help="transactions a second")
    parser.add_argument("--duration", type=at_least(20), default=330, help="measured seconds")
    parser.add_argument("--warm-up", type=at_least(0), default=30, help="seconds before, checked but not measured")
    parser.add_argument("--crash", action="store_true", help="kill the detector once")
    parser.add_argument("--checkout", type=Path, default=Path(), help="run the services of this checkout")
    parser.add_argument("--keep", action="store_true", help=f"write the report into {RESULTS} too")
    arguments = parser.parse_args()
    python = (arguments.checkout / ".venv/bin/python").absolute()
    if not python.exists():
        raise InputError(f"There is no {python}: run `make setup` in {arguments.checkout.absolute()} first.")
    plan = Plan(arguments.rate, arguments.duration, arguments.warm_up, arguments.crash)
    report, broken = run_load(plan, Console(), python=python)
    text = (FOLDER / "report.txt").read_text()
    sys.stdout.write(text)
    if arguments.keep:
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / file_name(report)).write_text(text)
    sys.stdout.write(f"See {FOLDER / 'report.html'}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    run_entry_point(main)
