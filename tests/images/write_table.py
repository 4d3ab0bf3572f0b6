"""Writes docs/images-and-memory.md from what the tests of the images measured."""

import json
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
MEASURED = REPOSITORY / "build" / "images.json"
TABLE = REPOSITORY / "docs" / "images-and-memory.md"
HEAD = """# Size of the images, and the memory they use

Written by `make test-images` from compose's own containers: 10 transactions a second after twelve days of
history, one training behind them. Memory used is the largest seen in a minute, without the kernel's file cache;
beside it what the processes held at their worst, start and training included, summed over them (what they share
counts more than once). Size is what `docker inspect` says, base image included. Where nothing can be
pulled, the base is made from Debian's packages, and Kafka, InfluxDB and PostgreSQL are the stand-ins of tests/images:
then their figures are those of the programs, not of the official images. These here were measured so.

| service | image MB | memory used MB | most its processes held MB | limit in compose MB |
|---|---:|---:|---:|---:|
"""


def main() -> None:
    """One row a service."""
    measured = json.loads(MEASURED.read_text())
    rows = [
        f"| {name} | {row['image_mb'] or '–'} | {row['used_mb']} | {row['peak_mb']} | {row['limit_mb'] or '–'} |"  # noqa: RUF001
        for name, row in measured.items()
        if name != "receiver"
    ]
    TABLE.write_text(HEAD + "\n".join(rows) + "\n")
    print(TABLE.relative_to(REPOSITORY))  # noqa: T201


if __name__ == "__main__":
    main()
