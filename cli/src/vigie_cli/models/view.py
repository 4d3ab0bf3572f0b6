"""Versions as a table or as JSON."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vigie_registry import RegisteredVersion
from vigie_registry.versions import PROMOTED_AT_TAG, PROMOTED_BY_TAG, PROMOTED_WHY_TAG


def show_versions(
    versions: Sequence[RegisteredVersion], serving: int | None, watching: int | None, console: Console
) -> None:
    """Print the versions, the one that serves and the one that watches marked."""
    if not versions:
        console.print("No version yet: the trainer makes the first once enough transactions are scored.")
        return
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for name in ("version", "", "trained", "rows", "second stage", "promoted", "by", "why"):
        table.add_column(name, overflow="fold", justify="right" if name in ("version", "rows") else "left")
    for each in versions:
        table.add_row(*map(escape, _cells(each, serving, watching)), style="bold" if each.version == serving else None)
    console.print(table)


def as_json(
    versions: Sequence[RegisteredVersion], serving: int | None, watching: int | None
) -> list[dict[str, object]]:
    """The same, for programs."""
    return [
        {
            "version": each.version,
            "is_champion": each.version == serving,
            "is_challenger": each.version == watching,
            "created_ms": each.created_ms,
            "replaced": each.replaced,
            "tags": each.tags,
        }
        for each in versions
    ]


def _cells(each: RegisteredVersion, serving: int | None, watching: int | None) -> tuple[str, ...]:
    tags = each.tags
    rows, weight = tags.get("trained_rows", ""), tags.get("second_stage_weight", "")
    promoted = tags.get(PROMOTED_AT_TAG, "")
    return (
        str(each.version),
        "champion" if each.version == serving else "challenger" if each.version == watching else "",
        _moment(each.created_ms),
        f"{int(rows):,}" if rows.isdecimal() else rows,
        "none" if weight in ("0", "0.0") else weight,
        _moment(int(promoted)) if promoted.isdecimal() else "",
        tags.get(PROMOTED_BY_TAG, ""),
        tags.get(PROMOTED_WHY_TAG, ""),
    )


def _moment(timestamp_ms: int) -> str:
    return datetime.fromtimestamp(timestamp_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
