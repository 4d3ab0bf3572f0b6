"""Numbers, texts and listed values: which of one schema's are refused by another."""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from vigie_schemas.compatibility.alternatives import JsonSchema, is_same, json_type
from vigie_schemas.compatibility.expressions import PatternNotUnderstoodError
from vigie_schemas.compatibility.patterns import fits_within

MAX_LISTED_INTEGERS: Final = 100
SIZES: Final = {
    "string": ("minLength", "maxLength", "characters"),
    "array": ("minItems", "maxItems", "items"),
    "object": ("minProperties", "maxProperties", "fields"),
}


def listed_values(alternative: JsonSchema) -> list[Any] | None:
    """All values that the alternative has, where they are few enough to be looked at one by one; else None."""
    if "enum" in alternative:
        return [value for value in alternative["enum"] if _keeps_limits(value, alternative)]
    if alternative["type"] == "null":
        return [None]
    if alternative["type"] == "boolean":
        return [True, False]
    if alternative["type"] == "integer":
        least, most = _limits(alternative)
        if least is not None and most is not None and most[0] - least[0] < MAX_LISTED_INTEGERS:
            return list(range(int(least[0]), int(most[0]) + 1))
    return None


def accepts(alternative: JsonSchema, value: object) -> bool:
    """Whether a null, boolean, number or text keeps the alternative; lists and objects only where they are listed."""
    name = json_type(value)
    if alternative["type"] != name and not (alternative["type"] == "number" and name == "integer"):
        return False
    if "enum" in alternative and not any(is_same(value, one) for one in alternative["enum"]):
        return False
    if name in ("array", "object"):
        return "enum" in alternative
    return _keeps_limits(value, alternative) and _is_outside(value, alternative) and "format" not in alternative


def _is_outside(value: object, alternative: JsonSchema) -> bool:
    """Whether a value is certainly none of those that the alternative excludes."""
    excluded = alternative.get("not")
    if excluded is None:
        return True
    return set(excluded) == {"enum"} and not any(is_same(value, one) for one in excluded["enum"])


def refused_numbers(written: JsonSchema, read: JsonSchema) -> Iterator[str]:
    """What numbers may be as written that they may not be as read."""
    if read["type"] == "integer" and written["type"] == "number":
        yield "may have a fraction"
    (least, most), (least_read, most_read) = _limits(written), _limits(read)
    if least_read is not None and (least is None or _is_below(least, least_read)):
        yield f"may be {'' if least_read[1] else 'below '}{_shown(least_read[0])}{' or below' if least_read[1] else ''}"
    if most_read is not None and (most is None or _is_above(most, most_read)):
        yield f"may be {'' if most_read[1] else 'above '}{_shown(most_read[0])}{' or above' if most_read[1] else ''}"
    step, step_read = written.get("multipleOf"), read.get("multipleOf")
    if step_read is not None and (step is None or Fraction(str(step)) % Fraction(str(step_read))):
        yield f"need not be a multiple of {step_read}"


def refused_texts(written: JsonSchema, read: JsonSchema) -> Iterator[str]:
    """What texts may be as written that they may not be as read."""
    pattern, pattern_read = written.get("pattern"), read.get("pattern")
    if pattern_read is not None and pattern != pattern_read:
        try:
            fits = pattern is not None and fits_within(pattern, pattern_read)
        except PatternNotUnderstoodError as error:
            yield f"matches {pattern}, which is not compared with {pattern_read} ({error})"
        else:
            if not fits:
                yield f"may not match {pattern_read}"
    if read.get("format") not in (None, written.get("format")):
        yield f"need not be in the format {read['format']}"


def refused_sizes(written: JsonSchema, read: JsonSchema) -> Iterator[str]:
    """How long texts and lists and how large objects may be as written that they may not be as read."""
    least, most, unit = SIZES[read["type"]]
    if read.get(least, 0) > written.get(least, 0):
        yield f"may have fewer than {read[least]} {unit}"
    if most in read and written.get(most, float("inf")) > read[most]:
        yield f"may have more than {read[most]} {unit}"


Limit = tuple[float, bool]
"""A bound, and whether the bound itself is excluded."""


def _limits(alternative: JsonSchema) -> tuple[Limit | None, Limit | None]:
    """Lowest and highest number; of integers never excluded."""
    lows = [
        (alternative[key], is_out)
        for key, is_out in (("minimum", False), ("exclusiveMinimum", True))
        if key in alternative
    ]
    highs = [
        (alternative[key], is_out)
        for key, is_out in (("maximum", False), ("exclusiveMaximum", True))
        if key in alternative
    ]
    least, most = max(lows, default=None), min(highs, key=lambda limit: (limit[0], not limit[1]), default=None)
    if alternative["type"] != "integer":
        return least, most
    if least is not None:
        least = (least[0] // 1 + 1 if least[1] else -(-least[0] // 1), False)
    if most is not None:
        most = (-(-most[0] // 1) - 1 if most[1] else most[0] // 1, False)
    return least, most


def _is_below(limit: Limit, other: Limit) -> bool:
    return limit[0] < other[0] or (limit[0] == other[0] and other[1] and not limit[1])


def _is_above(limit: Limit, other: Limit) -> bool:
    return limit[0] > other[0] or (limit[0] == other[0] and other[1] and not limit[1])


def _keeps_limits(value: object, alternative: JsonSchema) -> bool:
    if isinstance(value, str):
        pattern = alternative.get("pattern")
        is_long_enough = alternative.get("minLength", 0) <= len(value) <= alternative.get("maxLength", len(value))
        return is_long_enough and (pattern is None or re.search(pattern, value) is not None)
    if isinstance(value, int | float) and not isinstance(value, bool):
        this = {"type": alternative["type"], "minimum": value, "maximum": value, "multipleOf": value or 1}
        return not list(refused_numbers(this, alternative))
    return True


def _shown(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"
