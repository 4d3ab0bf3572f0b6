"""`python -m vigie_loadtests.delivery`: exit 1 when a bound is missed."""

import argparse
import sys

from rich.console import Console

from vigie_loadtests.delivery.report import print_figures, write_report
from vigie_loadtests.delivery.run import FOLDER, DeliveryPlan, broker, run_in_time, run_through_failures
from vigie_loadtests.numbers import at_least, positive
from vigie_runtime import run_entry_point


def main() -> int:
    """Return the exit code."""
    plan = DeliveryPlan()
    parser = argparse.ArgumentParser(description="Delivery of alerts: in time, and without loss through failures.")
    parser.add_argument("--rate", type=positive, default=plan.rate, help="alerts a second to a healthy receiver")
    parser.add_argument("--seconds", type=at_least(0), default=plan.seconds, help="for so long; 0 leaves it out")
    parser.add_argument(
        "--alerts", type=at_least(0), default=plan.alerts, help="to a failing receiver; 0 leaves it out"
    )
    parser.add_argument("--kills", type=at_least(0), default=plan.kills, help="SIGKILLs of the service meanwhile")
    parser.add_argument("--seed", type=int, default=plan.seed, help="of failures and kills")
    arguments = parser.parse_args()
    plan = DeliveryPlan(arguments.rate, arguments.seconds, arguments.alerts, arguments.kills, arguments.seed)
    console = Console()
    with broker() as settings:
        timed = run_in_time(settings, plan, console) if plan.seconds else []
        complete = run_through_failures(settings, plan, console) if plan.alerts else None
    missed = [sentence for row in (*timed, *([complete] if complete else [])) for sentence in row.missed()]
    print_figures(console, timed, complete)
    write_report(FOLDER, timed, complete, missed)
    sys.stderr.writelines(f"MISSED: {sentence}\n" for sentence in missed)
    return 1 if missed else 0


if __name__ == "__main__":
    run_entry_point(main)
