"""Which columns are the time of a payment."""

from typing import Final

from vigie_intake.inspecting.candidates import Candidate, Candidates
from vigie_intake.inspecting.columns import Column
from vigie_intake.inspecting.fitting import is_surely_time, is_time
from vigie_intake.inspecting.moments import clock_format, times_in
from vigie_intake.inspecting.naming import Named, Sureness, folded
from vigie_intake.mapping import Precision

_SPLIT: Final = ("year", "month", "day")
_STEP_NAMES: Final = ("step", "steps", "tick", "t")


def choose_time(pool: Candidates) -> None:
    """Give the timestamp its column, or a date's column and a clock's, or those of year, month and day."""
    clock = next((one.column for one in pool.of("clock", lambda column: clock_format(column) is not None)), None)
    if _took_split(pool, clock):
        return
    if candidates := pool.of("timestamp", is_time):
        _take(pool, candidates, clock)
        return
    if by_value := [column.name for column in pool.unused if is_surely_time(column)]:
        name, *others = by_value
        pool.give("timestamp", {"column": name}, [name], "its values are times", Sureness.GUESS, others)
        return
    if steps := pool.of("timestamp", lambda column: times_in(column).is_steps) or _steps(pool):
        name, reason = steps[0].name, "it counts, as steps of a simulation do"
        pool.give("timestamp", {"column": name}, [name], reason, Sureness.GUESS)


def _took_split(pool: Candidates, clock: Column | None) -> bool:
    split = [next((name for name in pool.columns if folded(name) == part), None) for part in _SPLIT]
    names = [name for name in split if name is not None]
    if len(names) < len(_SPLIT):
        return False
    part = {"columns": names, "format": "%Y %m %d"}
    if clock is None:
        part["precision"] = Precision.DAY.value
    else:
        part = {"columns": [*names, clock.name], "format": f"%Y %m %d {clock_format(clock)}"}
    reason = "year, month and day have columns of their own"
    pool.give("timestamp", part, list(part["columns"]), reason, Sureness.SURE)
    return True


def _take(pool: Candidates, candidates: list[Candidate], clock: Column | None) -> None:
    first, *rest = candidates
    day_only = times_in(first.column).precision is Precision.DAY
    if clock is None or clock.name == first.name or not day_only:
        pool.take("timestamp", candidates)
        return
    names = [first.name, clock.name]
    reason = f"{first.reason}, and {clock.name} holds times of day"
    others = [one.name for one in rest if one.name != clock.name]
    pool.give("timestamp", {"columns": names}, names, reason, first.named.sureness, others)


def _steps(pool: Candidates) -> list[Candidate]:
    named = [column for column in pool.unused if folded(column.name) in _STEP_NAMES]
    return [Candidate(one, Named("timestamp", Sureness.GUESS, 0)) for one in named if times_in(one).is_steps]
