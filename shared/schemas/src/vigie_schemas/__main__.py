"""`python -m vigie_schemas check|write`: compare the contracts with their committed snapshots, or write them anew."""

import sys
from pathlib import Path

from vigie_schemas.snapshots import differences, write_snapshots

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"


def main(arguments: list[str]) -> int:
    """Return the exit code."""
    if arguments == ["write"]:
        write_snapshots(SNAPSHOTS)
        return 0
    if arguments == ["check"]:
        found = differences(SNAPSHOTS)
        sys.stderr.writelines(f"{sentence}\n" for sentence in found)
        return 1 if found else 0
    sys.stderr.write("Say `check` or `write`.\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
