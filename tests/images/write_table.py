"""Writes docs/images-and-memory.md from what the tests of the images measured."""

import json
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
MEASURED = REPOSITORY / "build" / "images.json"
TABLE = REPOSITORY / "docs" / "images-and-memory.md"
HEAD = """# Size of the images, and the memory they use

Written by `make test-images` from compose's own containers, at 10 transactions a second after twelve days of history
and one training. *Memory used* is the largest value seen in a minute, without the kernel's file cache. *Maximum of its
processes* is what they held at most, start and training included, summed over them (what they share counts more
than once). The size is what `docker inspect` prints, base image included. If no image can be pulled, the base is made
from Debian's packages, and Kafka, InfluxDB and PostgreSQL are the stand-ins of tests/images: then the figures are those
of the programs, not of the official images. The figures here were measured in this way.

| service | image MB | memory used MB | maximum of its processes MB | limit in compose MB |
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
