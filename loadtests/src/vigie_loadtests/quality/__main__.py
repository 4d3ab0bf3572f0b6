"""`python -m vigie_loadtests.quality`: exit 1 when the quality target is missed."""

import argparse
import sys

from rich.console import Console

from vigie_loadtests.numbers import at_least, positive
from vigie_loadtests.quality.measuring import measure
from vigie_loadtests.quality.report import TOTAL, text_report, write_report
from vigie_loadtests.quality.run import FOLDER, QualityPlan, all_of, measured_by_seed
from vigie_runtime import run_entry_point


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(description="Detection quality of the whole system on the generator's stream.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9], help="populations, one run each")
    parser.add_argument("--transactions", type=at_least(1), default=20_000, help="measured live transactions a seed")
    parser.add_argument(
        "--settle", type=at_least(0), default=5_000, help="live scored transactions before, not measured"
    )
    parser.add_argument("--rate", type=positive, default=200, help="live transactions a second")
    parser.add_argument("--labels", action="store_true", help="labels of the history teach a second stage")
    arguments = parser.parse_args()
    plan = QualityPlan(
        tuple(arguments.seeds), arguments.transactions, arguments.settle, arguments.rate, labels=arguments.labels
    )
    measured = measured_by_seed(plan, Console(stderr=True))
    figures = {str(seed): measure(of_seed) for seed, of_seed in measured.items()} | {TOTAL: measure(all_of(measured))}
    missed = figures[TOTAL].missed_targets()
    about = {
        "seeds": " ".join(map(str, plan.seeds)),
        "transactions a seed": plan.transactions,
        "settled for": plan.settle,
        "rate a second": f"{plan.rate:g}",
        "labels teach": "those of the history" if plan.labels else "no",
    }
    write_report(FOLDER, figures, missed, about)
    sys.stdout.write(text_report(figures) + "\n")
    sys.stderr.writelines(f"MISSED: {sentence}\n" for sentence in missed)
    sys.stdout.write(f"See {FOLDER / 'report.html'}\n")
    return 1 if missed else 0


if __name__ == "__main__":
    run_entry_point(main)
