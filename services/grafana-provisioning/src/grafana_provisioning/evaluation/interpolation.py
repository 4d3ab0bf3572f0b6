"""Interpolation of macros and dashboard variables, as in Grafana's InfluxDB data source."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Shown:
    """The shown time range, the width of a window, and the values of the variables."""

    start: datetime
    stop: datetime
    window: timedelta
    bucket: str
    variables: Mapping[str, str] = field(default_factory=dict)


def filled(flux: str, shown: Shown) -> str:
    """The query as InfluxDB gets it."""
    milliseconds = int(shown.window / timedelta(milliseconds=1))
    values = {
        "v.timeRangeStart": _instant(shown.start),
        "v.timeRangeStop": _instant(shown.stop),
        "v.windowPeriod": f"{milliseconds}ms",
        "v.defaultBucket": f'"{shown.bucket}"',
        **{f"${{{name}}}": value for name, value in shown.variables.items()},
    }
    for name, value in values.items():
        flux = flux.replace(name, value)
    return flux


def _instant(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
