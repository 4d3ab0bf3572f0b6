"""`python -m vigie_loadtests.sink intake|outage`: exit 1 when a budget is missed."""

import argparse
import json
import sys
from dataclasses import asdict

from rich.console import Console

from vigie_loadtests.numbers import at_least
from vigie_loadtests.sink.intake import measure_intake
from vigie_loadtests.sink.outage import measure_outage
from vigie_runtime import run_entry_point

MEASURES = {"intake": measure_intake, "outage": measure_outage}


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(description="Measure the metrics sink on a real broker and a real InfluxDB.")
    parser.add_argument("what", choices=MEASURES)
    parser.add_argument("--rate", type=at_least(1), required=True, help="scored records a second")
    parser.add_argument("--seconds", type=at_least(1), required=True, help="of records, or of the outage")
    arguments = parser.parse_args()
    report = MEASURES[arguments.what](arguments.rate, arguments.seconds, Console(stderr=True))
    sys.stdout.write(json.dumps(asdict(report), indent=2) + "\n")
    missed = report.missed()
    for sentence in missed:
        sys.stderr.write(f"MISSED: {sentence}\n")
    return 1 if missed else 0


if __name__ == "__main__":
    run_entry_point(main)
