"""`python -m vigie_loadtests.comparison --base COMMIT`: exit 1 when this checkout is slower than the commit."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from vigie_loadtests.comparison.comparing import Comparison, Figures, compare, incomplete
from vigie_loadtests.comparison.runs import FOLDER, checkout_of, commit_of, load_once
from vigie_loadtests.numbers import at_least
from vigie_runtime import run_entry_point


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(description="Load a commit and this checkout in turn and compare their latencies.")
    parser.add_argument("--base", required=True, help="commit to compare with")
    parser.add_argument("--rate", type=at_least(1), default=500, help="transactions a second")
    parser.add_argument("--duration", type=at_least(20), default=90, help="measured seconds of a run")
    parser.add_argument("--crash", action="store_true", help="kill the detector once in each run")
    parser.add_argument("--rounds", type=at_least(1), default=2, help="runs of each")
    arguments = parser.parse_args()
    return _compare(Path.cwd(), arguments)


def _compare(here: Path, arguments: argparse.Namespace) -> int:
    base = commit_of(arguments.base, here)
    if base == commit_of("HEAD", here):
        sys.stdout.write(f"{base[:12]} is this very commit: nothing to compare.\n")
        return 0
    runs: dict[str, list[Figures]] = {"base": [], "head": []}
    with checkout_of(base, here) as there:
        for number in range(arguments.rounds):
            # base, head, head, base: what drifts on the machine meets both alike
            for name in ("base", "head") if number % 2 == 0 else ("head", "base"):
                checkout = there if name == "base" else here
                sys.stdout.write(f"Round {number + 1}, {name} ...\n")
                sys.stdout.flush()
                runs[name].append(
                    load_once(checkout, here, arguments.rate, arguments.duration, with_crash=arguments.crash)
                )
    return _tell(here, runs, compare(runs["base"], runs["head"]), incomplete(runs["head"]))


def _tell(here: Path, runs: dict[str, list[Figures]], compared: list[Comparison], broken: list[str]) -> int:
    report = {"runs": runs, "compared": [asdict(one) | {"is_loss": one.is_loss} for one in compared], "broken": broken}
    (here / FOLDER / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    for one in compared:
        sys.stdout.write(f"{one.sentence()}\n")
    for sentence in broken:
        sys.stdout.write(f"LOST  {sentence}\n")
    return 1 if broken or any(one.is_loss for one in compared) else 0


if __name__ == "__main__":
    run_entry_point(main)
