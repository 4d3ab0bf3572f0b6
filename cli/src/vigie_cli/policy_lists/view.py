"""Lists of the topic as a table or as JSON."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vigie_schemas import ListedValue
from vigie_schemas.topics import DAY_MS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def show_lists(entries: Sequence[ListedValue], refused: int, now_ms: int, console: Console) -> None:
    """Print the entries, and how many records are none."""
    if entries:
        console.print(_table(entries, now_ms))
    else:
        console.print("No entries.")
    if refused:
        console.print(f"{_many_records(refused)} refused by every gateway: its log says why.", soft_wrap=True)


def as_json(entries: Sequence[ListedValue], refused: int, now_ms: int) -> dict[str, object]:
    """The same, for programs."""
    return {
        "entries": [
            {
                "list": each.list_name,
                "value": each.value,
                "reason": each.reason,
                "by": each.by,
                "until": until_words(each.until_ms) or None,
                "until_ms": each.until_ms,
                "expired": _is_expired(each, now_ms),
            }
            for each in entries
        ],
        "refused": refused,
    }


def until_words(until_ms: int | None, before: str = "") -> str:
    """`2027-01-31` for the end of that day in UTC, else a time; empty for what stays. `before` comes before it."""
    if until_ms is None:
        return ""
    until = _EPOCH + timedelta(milliseconds=until_ms)
    if until_ms % DAY_MS == 0:
        return f"{before}{(until - timedelta(days=1)).date().isoformat()}"
    is_whole_second = until_ms % 1000 == 0
    text = until.isoformat(timespec="seconds" if is_whole_second else "milliseconds")
    return f"{before}{text.removesuffix('+00:00')}Z"


def _table(entries: Sequence[ListedValue], now_ms: int) -> Table:
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for name in ("list", "value", "reason", "by", "until"):
        table.add_column(name, overflow="fold")
    for each in entries:
        is_expired = _is_expired(each, now_ms)
        until = until_words(each.until_ms) + (" (expired)" if is_expired else "")
        cells = (each.list_name, each.value, each.reason, each.by, until)
        table.add_row(*map(escape, cells), style="dim" if is_expired else None)
    return table


def _is_expired(each: ListedValue, now_ms: int) -> bool:
    return each.until_ms is not None and now_ms >= each.until_ms


def _many_records(number: int) -> str:
    return f"{number:,} record{' is' if number == 1 else 's are'}"
