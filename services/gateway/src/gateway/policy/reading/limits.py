"""`[[limits]]`: what an account may pay at once, within an hour and within a day."""

from typing import Final

from gateway.policy.limits import Limit, LimitWindow
from gateway.policy.reading.kinds import (
    COUNT,
    COUNTRIES,
    CURRENCIES,
    EUR,
    NAME,
    STRICTER_VERDICT,
    WORDS,
    ValueKind,
)
from gateway.policy.reading.tables import PolicyTable, once
from gateway.policy.reading.toml_lines import TomlPath
from vigie_schemas.topics import DAY_MS, HOUR_MS

_SEGMENT: Final[dict[str, tuple[str, ValueKind[tuple[str, ...]]]]] = {
    "categories": ("category", WORDS),
    "countries": ("country", COUNTRIES),
    "currencies": ("currency", CURRENCIES),
    "channels": ("channel", WORDS),
}
"""Key of the policy → field of a transaction, and what the key holds."""
_BOUNDS: Final = ("per_payment_eur", "per_hour_eur", "per_hour_count", "per_day_eur", "per_day_count")


def read_limits(root: PolicyTable) -> tuple[Limit, ...]:
    """The limits in their order."""
    known: dict[str, TomlPath] = {}
    found = (_limit(table, known) for table in root.tables("limits"))
    return tuple(limit for limit in found if limit is not None)


def _limit(table: PolicyTable, known: dict[str, TomlPath]) -> Limit | None:
    name = once(table, table.needed("name", NAME), known)
    verdict = table.needed("verdict", STRICTER_VERDICT)
    payment_eur = table.optional("per_payment_eur", EUR)
    hour = LimitWindow(HOUR_MS, table.optional("per_hour_eur", EUR), table.optional("per_hour_count", COUNT))
    day = LimitWindow(DAY_MS, table.optional("per_day_eur", EUR), table.optional("per_day_count", COUNT))
    segment = [
        (field, frozenset(values))
        for key, (field, kind) in _SEGMENT.items()
        if (values := table.optional(key, kind)) is not None
    ]
    table.close()
    if not any(bound in table for bound in _BOUNDS):
        table.problems.add(table.path, f"limits nothing: give at least one of {', '.join(_BOUNDS)}")
    if name is None or verdict is None:
        return None
    windows = tuple(window for window in (hour, day) if window.eur is not None or window.count is not None)
    return Limit(name, verdict, payment_eur, windows, tuple(segment))
