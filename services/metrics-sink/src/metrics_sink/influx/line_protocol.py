"""InfluxDB's line protocol; every number is a float, so that no field can change its type."""

import math
from collections.abc import Mapping

from vigie_schemas import Measurement

_TAG = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", "\n": r"\ ", "\r": r"\ "})
_TEXT = str.maketrans({"\\": "\\\\", '"': r"\"", "\n": " ", "\r": " "})

Value = float | int | str | None


def line(
    measurement: Measurement, at_ns: int, fields: Mapping[str, Value], tags: Mapping[str, str] | None = None
) -> str:
    """One point; fields that are None or no finite number are left out, and '' is returned when none remains.

    Raises KeyError for a field or tag that the measurement does not list.
    """
    known = set(measurement.field_names)
    if not fields.keys() <= known or set(tags or {}) != set(measurement.tags):
        raise KeyError(f"{measurement.name} has the fields {sorted(known)} and the tags {measurement.tags}")
    written = [f"{name}={text}" for name, value in fields.items() if (text := _field(value)) is not None]
    if not written:
        return ""
    named = "".join(f",{name}={_tag(value)}" for name, value in (tags or {}).items())
    return f"{measurement.name}{named} {','.join(written)} {at_ns}"


def _field(value: Value) -> str | None:
    if isinstance(value, str):
        return f'"{value.translate(_TEXT)}"'
    if value is None or not math.isfinite(value):
        return None
    return repr(float(value))


def _tag(value: str) -> str:
    text = value.translate(_TAG).rstrip("\\")  # a trailing backslash would escape what follows the tag
    return text or "unknown"
