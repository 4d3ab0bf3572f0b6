"""`make peers`: the detector and other ways to do its work, one after the other on this machine."""

import argparse
from pathlib import Path

from rich.console import Console

from vigie_loadtests.numbers import at_least
from vigie_peers.run import Plan, compare
from vigie_peers.systems import chosen, systems
from vigie_runtime import run_entry_point


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="make peers", description=__doc__)
    parser.add_argument("--uv", type=Path, required=True, help="uv, which runs the peer that has its own environment")
    parser.add_argument("--rates", type=at_least(10), nargs="+", default=[100, 250, 500, 1000, 2000, 4000])
    parser.add_argument("--seconds", type=at_least(5), default=20, help="at each rate")
    parser.add_argument("--history", type=at_least(1_000), default=12_000, help="transactions before the load")
    parser.add_argument("--only", nargs="*", default=[], help="some of the systems")
    arguments = parser.parse_args()
    console = Console()
    found = chosen(systems(arguments.uv.absolute()), arguments.only)
    plan = Plan(sorted(arguments.rates), arguments.seconds, arguments.history)
    console.print(compare(found, console, plan), soft_wrap=True)


if __name__ == "__main__":
    run_entry_point(main)
