"""Where to go on after a start or a failure: the checkpoint, the outputs and the topic compared (docs/adr/0022)."""

from collections.abc import Mapping
from dataclasses import dataclass

from vigie_runtime.offsets import OffsetRange


@dataclass(frozen=True)
class Recovery:
    """What follows from the comparison, by partition."""

    begin: dict[int, int]
    """First offset to write output for."""
    histories_from: dict[int, int]
    """First offset that the histories take in."""
    missing: int
    """Transactions that Kafka deleted before they were scored."""
    forgotten: int
    """Transactions that were scored and deleted before the checkpoint held them: histories lack them."""
    is_recreated: bool
    """Whether the topic is another one than that of the checkpoint, which then serves no more."""


def recover(
    held: Mapping[int, OffsetRange], committed: Mapping[int, int], written: Mapping[int, int], *, is_same_topic: bool
) -> Recovery:
    """Compare what the topic holds, what the checkpoint holds and what was written.

    A topic that was deleted and created again counts its offsets from zero: neither of the other two says anything
    about it, and all that it holds is new. Some brokers tell no id; offsets beyond the topic's end tell it too.
    """
    is_beyond = any(offset > held[number].end for number, offset in {**committed, **written}.items() if number in held)
    if not is_same_topic or is_beyond:
        start = {number: offsets.start for number, offsets in held.items()}
        return Recovery(start, start, missing=0, forgotten=0, is_recreated=True)
    begin, histories, missing, forgotten = {}, {}, 0, 0
    for number, offsets in held.items():
        next_written = written.get(number, offsets.start)
        next_remembered = committed.get(number, offsets.start)
        begin[number] = max(next_written, offsets.start)
        histories[number] = max(next_remembered, offsets.start)
        missing += begin[number] - next_written
        forgotten += max(0, min(next_written, offsets.start) - next_remembered)
    return Recovery(begin, histories, missing, forgotten, is_recreated=False)
