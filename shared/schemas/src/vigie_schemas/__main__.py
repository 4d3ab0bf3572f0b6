"""`python -m vigie_schemas check|write`: compare the contracts with main's and with their snapshots, or write these."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from vigie_schemas.compatibility.base_commit import BaseUnknownError, find_base
from vigie_schemas.snapshots import compare_with_base, outdated_snapshots, write_snapshots

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"
USAGE = "Say `check` or `write`: python -m vigie_schemas check\n"


def main(arguments: list[str], *, snapshots: Path = SNAPSHOTS, environment: Mapping[str, str] = os.environ) -> int:
    """The exit code: 0, 1 for a contract that broke or has an old snapshot, 2 for what cannot be done."""
    if arguments not in (["check"], ["write"]):
        sys.stderr.write(USAGE)
        return 2
    try:
        base = find_base(snapshots, environment)
    except BaseUnknownError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    found = compare_with_base(snapshots, base)
    sys.stdout.write(f"Contracts compared with {base.description}.\n")
    sys.stdout.writelines(f"{note}\n" for note in found.notes)
    problems = list(found.problems)
    if arguments == ["check"]:
        problems += outdated_snapshots(snapshots)
    elif problems:
        problems.append("No snapshot was written.")
    else:
        write_snapshots(snapshots)
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
