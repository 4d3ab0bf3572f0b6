"""`[callers.NAME]`: what a table leaves out is as in `[callers.default]`, and what that leaves out as built in."""

from dataclasses import replace
from typing import Final

from gateway.policy.callers import DEFAULT_CALLER, CallerPolicy
from gateway.policy.reading.kinds import BURST, CALLER_NAME, DEADLINE, FALLBACK, FLAG, RATE, UnfitError, ValueKind
from gateway.policy.reading.tables import PolicyTable

_KINDS: Final[dict[str, ValueKind[object]]] = {
    "deadline_ms": DEADLINE,
    "on_fallback": FALLBACK,
    "observe": FLAG,
    "rate_per_second": RATE,
    "burst": BURST,
}


def read_callers(root: PolicyTable) -> tuple[CallerPolicy, dict[str, CallerPolicy]]:
    """What is agreed with every caller, and with those that have a table of their own."""
    callers = root.table("callers")
    if callers is None:
        return CallerPolicy(), {}
    default = _caller(callers.table(DEFAULT_CALLER), CallerPolicy())
    found: dict[str, CallerPolicy] = {}
    for name in callers.names():
        if name == DEFAULT_CALLER:
            continue
        try:
            CALLER_NAME.read(name)
        except UnfitError:
            callers.problem(name, f"is no caller: its name must be {CALLER_NAME.words}")
        found[name] = _caller(callers.table(name), default)
    return default, found


def _caller(table: PolicyTable | None, base: CallerPolicy) -> CallerPolicy:
    if table is None:
        return base
    given = {key: value for key, kind in _KINDS.items() if (value := table.optional(key, kind)) is not None}
    table.close()
    caller = replace(base, **given)
    if "burst" in table and caller.rate_per_second is None and "rate_per_second" not in table:
        table.problem("burst", "needs rate_per_second beside it")
    return caller
