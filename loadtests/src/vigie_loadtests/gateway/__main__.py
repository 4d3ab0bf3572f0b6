"""`python -m vigie_loadtests.gateway`: exit 1 when a budget is missed."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from vigie_loadtests.gateway.report import GatewayPlan
from vigie_loadtests.gateway.run import FOLDER, run_gateway_load
from vigie_loadtests.gateway.text import gateway_file_name
from vigie_loadtests.numbers import at_least
from vigie_runtime import run_entry_point

RESULTS = Path("loadtests/results")


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(description="Load the gateway on this machine and check the budgets.")
    parser.add_argument("--rate", type=at_least(1), default=1000, help="calls a second")
    parser.add_argument("--topic-rate", type=at_least(1), default=50, help="transactions a second to the topic beside")
    parser.add_argument("--duration", type=at_least(20), default=330, help="measured seconds")
    parser.add_argument("--warm-up", type=at_least(0), default=30, help="seconds before, checked but not measured")
    parser.add_argument("--keep", action="store_true", help=f"write the report into {RESULTS} too")
    arguments = parser.parse_args()
    plan = GatewayPlan(arguments.rate, arguments.topic_rate, arguments.duration, arguments.warm_up)
    report, broken = run_gateway_load(plan, Console())
    text = (FOLDER / "report.txt").read_text()
    sys.stdout.write(text)
    if arguments.keep:
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / gateway_file_name(report)).write_text(text)
    return 1 if broken else 0


if __name__ == "__main__":
    run_entry_point(main)
