"""The time of a proposal: its column's format, precision and zone."""

from dataclasses import replace
from typing import Final

from vigie_intake.inspecting.columns import Column
from vigie_intake.inspecting.moments import Times, clock_format, times_in
from vigie_intake.inspecting.parts import TIMELESS, Ambiguity, AmbiguityAnswer, Found
from vigie_intake.mapping import Precision
from vigie_intake.profile_catalogue import columns_of

STEP_START: Final = "2024-01-01T00:00:00Z"
_STEPS: Final = {
    "second": (1, None, "one step is one second"),
    "minute": (60, "minute", "one step is one minute"),
    "hour": (3600, "hour", "one step is one hour, as in PaySim"),
    "day": (86400, "day", "one step is one day, as in BankSim"),
}
_ZONES: Final = {
    "UTC": "they are in UTC already",
    "Europe/Berlin": "German clocks",
    "Europe/Paris": "French clocks",
    "Europe/London": "British clocks",
    "America/New_York": "clocks of New York",
}


def read_timing(found: Found, columns: dict[str, Column]) -> None:
    """Complete the draft's timestamp from the values of its columns, and ask what they do not tell."""
    part = found.draft.get("timestamp")
    names = columns_of(part)
    if part is None or part.get("format") == "steps" or not all(name in columns for name in names):
        _note_precision(found)
        return
    if len(names) > 1:
        _read_joined(found, [columns[name] for name in names])
    else:
        _read_one(found, columns[names[0]])
    _note_precision(found)
    _ask_zone(found, columns[names[0]])


def _read_one(found: Found, column: Column) -> None:
    part, times = found.draft["timestamp"], times_in(column)
    if times.share == 0:
        if len(column.present):
            found.note(f"{column.name} holds no times that can be read; give the format: timestamp.format.")
        return
    if times.is_steps:
        _ask_steps(found, column)
        return
    _take(found, times, column.name)
    if times.format in ("seconds", "milliseconds", "microseconds", "nanoseconds") and times.outsiders:
        found.note(
            f"{times.outsiders:.1%} of {column.name} are {times.outside} among {times.format}; these rows are refused."
        )
    elif times.share < 1:
        found.note(
            f"{1 - times.share:.1%} of {column.name} are no times written like the others; these rows are refused."
        )
    if times.is_zoned:
        part.pop("zone", None)


def _take(found: Found, times: Times, name: str) -> None:
    part = found.draft["timestamp"]
    if times.other_format and "day_first" in found.settled and part.get("format") != times.format:
        first = min((str(times.format), times.other_format), key=lambda form: form.find("%d"))
        times = replace(times, format=first, other_format=None)
    if times.format:
        part["format"] = times.format
    else:
        part.pop("format", None)
    if times.precision:
        part["precision"] = times.precision.value
    elif part.get("precision") in (Precision.DAY.value, Precision.HOUR.value):
        part.pop("precision")
    if times.other_format:
        _ask_day_first(found, times, name)


def _read_joined(found: Found, columns: list[Column]) -> None:
    """A date and a clock: both formats with a space between them, as the columns are joined."""
    part, clock = found.draft["timestamp"], clock_format(columns[-1])
    if len(columns) != 2 or clock is None:
        return
    times = times_in(columns[0])
    if times.share == 0:
        found.note(f"{columns[0].name} holds no dates that can be read; give the format: timestamp.format.")
        return
    padded = all(len(value.partition(":")[0]) == 2 for value in columns[1].counts)
    if times.format or not (clock.startswith("%H:%M") and padded):
        part["format"] = f"{times.format or _digits_or_iso(columns[0])} {clock}"
    if times.other_format:
        other = f"{times.other_format} {clock}"
        _ask_day_first(found, replace(times, format=part["format"], other_format=other), columns[0].name)
    if "%S" not in clock:
        part["precision"] = Precision.MINUTE.value


def _digits_or_iso(column: Column) -> str:
    return "%Y%m%d" if next(iter(column.counts), "").isdigit() else "%Y-%m-%d"


def _ask_day_first(found: Found, times: Times, name: str) -> None:
    forms = sorted((str(times.format), str(times.other_format)), key=lambda form: form.find("%d"))
    answers = (
        AmbiguityAnswer("day", f"the day comes first ({forms[0]})", {"timestamp.format": forms[0]}),
        AmbiguityAnswer("month", f"the month comes first ({forms[1]})", {"timestamp.format": forms[1]}),
    )
    taken = "day" if times.format == forms[0] else "month"
    reason = times.order_reason or "most countries write the day first; nothing in the part that was read decides"
    text = f"In {name}, is the day or the month first? No number above 12 tells."
    found.ask(Ambiguity("day_first", "timestamp", text, reason, taken, answers))


def _ask_steps(found: Found, column: Column) -> None:
    name = column.name
    answers = tuple(
        AmbiguityAnswer(word, meaning, _step_changes(name, seconds, precision))
        for word, (seconds, precision, meaning) in _STEPS.items()
    )
    taken = "hour" if max(map(float, column.present.to_pylist())) < 10_000 else "second"
    found.draft["timestamp"] = dict(_step_changes(name, *_STEPS[taken][:2])["timestamp"])
    text = f"{name} counts steps from a beginning that the file does not name. How long is a step?"
    reason = "small whole numbers are most often hours; large ones are seconds"
    found.ask(Ambiguity("step", "timestamp", text, reason, taken, answers))
    found.note(f"When step 0 of {name} was is not known; {STEP_START} is invented: timestamp.start changes it.")


def _step_changes(name: str, seconds: int, precision: str | None) -> dict[str, dict[str, object]]:
    part: dict[str, object] = {"column": name, "format": "steps", "start": STEP_START, "step_seconds": seconds}
    return {"timestamp": part | ({"precision": precision} if precision else {})}


def _note_precision(found: Found) -> None:
    part = found.draft.get("timestamp") or {}
    if part.get("precision") == Precision.DAY.value and not any(TIMELESS in note for note in found.notes):
        found.note(f"The file tells the day but not the time of a payment: {TIMELESS}.")
    if part.get("precision") == Precision.HOUR.value:
        found.note(f"The file tells the hour but not the minute of a payment: {TIMELESS}.")


def _ask_zone(found: Found, column: Column) -> None:
    part = found.draft["timestamp"]
    by_day = part.get("precision") == Precision.DAY.value
    if by_day or part.get("format") in ("steps", "seconds", "milliseconds", "microseconds", "nanoseconds"):
        return
    if times_in(column).is_zoned or "zone" in part:
        return
    answers = tuple(AmbiguityAnswer(zone, meaning, {"timestamp.zone": zone}) for zone, meaning in _ZONES.items())
    text = f"{column.name} names no time zone. Whose clocks are these?"
    reason = "nothing in the file tells; a wrong zone moves every payment by the same hours"
    found.ask(Ambiguity("zone", "timestamp", text, reason, "UTC", answers, free="timestamp.zone"))
