"""The transactions of a load run: made by the generator beforehand, sent again and again with time moved on."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

from generator import TransactionGenerator

Record = dict[str, object]


def make_pool(history_path: Path, pool_path: Path, *, pool_size: int) -> tuple[int, int]:
    """Write history (before the generator's live part) and the pool after it; return how many each holds."""
    generator = TransactionGenerator()
    stream = (transaction for transaction, _ in generator.transactions())
    history_size = int(
        generator.settings.accounts * generator.settings.payments_per_day * generator.settings.history_days
    )
    counts = []
    for path, size in ((history_path, history_size), (pool_path, pool_size)):
        with path.open("w") as file:
            counts.append(sum(1 for line in itertools.islice(stream, size) if file.write(json.dumps(line) + "\n")))
    return counts[0], counts[1]


def read_pool(path: Path) -> list[Record]:
    """All records of a file made by make_pool."""
    with path.open() as file:
        return [json.loads(line) for line in file]


def endless(pool: list[Record]) -> Iterator[Record]:
    """The pool over and over; each pass lies one pool's span later, so that time never runs backwards."""
    first, last = int(str(pool[0]["timestamp_ms"])), int(str(pool[-1]["timestamp_ms"]))
    for number in itertools.count():
        shift = number * (last - first + 60_000)
        for record in pool:
            yield {**record, "timestamp_ms": int(str(record["timestamp_ms"])) + shift}
