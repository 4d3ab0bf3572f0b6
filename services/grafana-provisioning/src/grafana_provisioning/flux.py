"""Flux of the panels and rules, written so that the storage engine does the work.

Windows and sums come before any regrouping, because only then InfluxDB computes them while reading (docs/adr/0015).
After a regrouping the rows of several series stand one series after another, not in the order of time: nothing there
may take the first or the last row unless it sorts before.
`v.timeRangeStart`, `v.timeRangeStop`, `v.windowPeriod` and `v.defaultBucket` are filled in by Grafana.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from vigie_schemas.measurements import MEASUREMENTS, minute_bucket

Aggregate = Literal["mean", "max", "min", "sum", "last"]
"""How the points of one stored series become one."""
Merge = Literal["max", "min", "sum"]
"""How several series become one: only what does not depend on their order."""
SECONDS_KEPT: Final = "7d"
"""How long metrics-sink keeps seconds; a time range that begins earlier is read from the minutes (docs/adr/0013)."""
_MINUTES: Final = minute_bucket("")
RESOLUTION: Final = f"""\
import "date"

byMinute = v.timeRangeStart < date.sub(d: {SECONDS_KEPT}, from: now())
bucket = if byMinute then v.defaultBucket + "{_MINUTES}" else v.defaultBucket
secondsAPoint = if byMinute then 60.0 else 1.0

"""
SHOWN: Final = "start: v.timeRangeStart, stop: v.timeRangeStop"


@dataclass(frozen=True)
class Reading:
    """What a query reads of a measurement: fields, the tag values of `where`, one series for each value of `by`."""

    measurement: str
    fields: tuple[str, ...]
    where: dict[str, str] = field(default_factory=dict)
    by: tuple[str, ...] = ()

    @property
    def columns(self) -> str:
        """Columns that make a series, as a Flux array."""
        return ", ".join(f'"{name}"' for name in ("_field", *self.by))

    def source(self, bucket: str, time_range: str = SHOWN) -> str:
        """The points themselves."""
        any_field = " or ".join(f'r._field == "{name}"' for name in self.fields)
        return piped(
            f"from(bucket: {bucket})",
            f"range({time_range})",
            f'filter(fn: (r) => r._measurement == "{self.measurement}")',
            f"filter(fn: (r) => {any_field})",
            *(f'filter(fn: (r) => r.{tag} == "{value}")' for tag, value in self.where.items()),
        )

    def shown(self) -> str:
        """The points of the shown time range, by the second where that is kept, else by the minute."""
        return RESOLUTION + self.source("bucket")

    def grouped(self, merge: Merge | None = None) -> tuple[str, str]:
        """Steps that leave only one time and one value a series, as Grafana needs them.

        Raises ValueError when several stored series would fall together without a merge.
        """
        if merge is None and (tags := self._tags_left()):
            raise ValueError(f"{self.measurement}: the tags {', '.join(tags)} need a merge, `by` or `where`")
        kept = ", ".join(f'"{name}"' for name in ("_time", "_value", "_field", *self.by))
        return f"group(columns: [{self.columns}])", f"keep(columns: [{kept}])"

    def merged(self, merge: Merge) -> tuple[str, ...]:
        """Steps that make series with the same `by` one, instant by instant, in the order of time."""
        group, keep = self.grouped(merge)
        return f'group(columns: ["_time", {self.columns}])', f"{merge}()", group, 'sort(columns: ["_time"])', keep

    def one(self, merge: Merge) -> tuple[str, ...]:
        """Steps that make one value of all series with the same `by`."""
        kept = ", ".join(f'"{name}"' for name in ("_value", "_field", *self.by))
        return f"group(columns: [{self.columns}])", f"{merge}()", f"keep(columns: [{kept}])"

    def _tags_left(self) -> list[str]:
        """Tags by which stored series differ that the query neither keeps nor asks for."""
        stored = next((one.tags for one in MEASUREMENTS if one.name == self.measurement), None)
        if stored is None:
            raise ValueError(f"there is no measurement {self.measurement}")
        return [tag for tag in stored if tag not in (*self.by, *self.where)]


def piped(first: str, *steps: str) -> str:
    """A Flux pipeline."""
    return "\n  |> ".join((first, *steps))


def over_time(reading: Reading, aggregate: Aggregate, *, merge: Merge | None = None) -> str:
    """One value a window: the `aggregate` of each stored series, then the `merge` of those that share `by`."""
    stored = piped(reading.shown(), window(aggregate))
    if merge is None:
        return piped(stored, *reading.grouped())
    return piped(stored, f"group(columns: [{reading.columns}])", window(merge), *reading.grouped(merge))


def window(aggregate: Aggregate) -> str:
    """Windows named by their beginning, so that a second pass over the same windows puts each value into its own."""
    return f'aggregateWindow(every: v.windowPeriod, fn: {aggregate}, createEmpty: false, timeSrc: "_start")'


def a_second(reading: Reading, *, merge: Merge | None = None) -> str:
    """Counts as a rate per second, whether seconds or minutes are read."""
    return piped(over_time(reading, "mean", merge=merge), "map(fn: (r) => ({r with _value: r._value / secondsAPoint}))")


def at_the_end(reading: Reading, *, merge: Merge | None = None, within: str = "1m") -> str:
    """The last value before the end of the shown time range; no value when there is none `within` that time."""
    end = f"start: date.sub(d: {within}, from: v.timeRangeStop), stop: v.timeRangeStop"
    latest = piped('import "date"\n\n' + reading.source("v.defaultBucket", end), "last()")
    if merge is None:
        return piped(latest, *reading.grouped())
    return piped(latest, *reading.one(merge))


def over_all(reading: Reading, aggregate: Merge) -> str:
    """One value for the whole shown time range, by `by`."""
    return piped(reading.shown(), f"{aggregate}()", *reading.one(aggregate))


def each_point(reading: Reading, *, merge: Merge | None = None) -> str:
    """Every second of the queried time range, which in rules is some minutes."""
    points = reading.source("v.defaultBucket")
    return piped(points, *(reading.merged(merge) if merge else reading.grouped()))


def counted_values(reading: Reading) -> str:
    """How often each value of a text field occurs in the shown time range, most frequent first."""
    return piped(
        reading.shown(),
        'keep(columns: ["_value"])',
        'duplicate(column: "_value", as: "value")',
        'group(columns: ["value"])',
        "count()",
        "group()",
        'sort(columns: ["_value"], desc: true)',
    )


def changes(reading: Reading, what: str) -> str:
    """The times at which a version changed, with a text that says to which."""
    return piped(
        reading.shown(),
        window("last"),
        'duplicate(column: "_value", as: "version")',
        "difference()",
        "filter(fn: (r) => r._value != 0)",
        f'map(fn: (r) => ({{_time: r._time, text: "{what} " + string(v: r.version)}}))',
    )


def alerts_of_account(fields: tuple[str, ...], account: str) -> str:
    """The account's alerts in the shown time range, a row each; its pseudonym is a field, no tag (docs/adr/0013).

    Only the time from the account's first alert on is read in full: the storage finds that alert by itself.
    """
    mine = piped(
        Reading("alert", ("account_id",)).source("bucket"),
        f'filter(fn: (r) => r._value == "{account}")',
        'keep(columns: ["_time"])',
    )
    begin = piped(
        "union(tables: [mine, array.from(rows: [{_time: date.sub(d: 1s, from: v.timeRangeStop)}])])",
        "group()",
        'sort(columns: ["_time"])',
        "limit(n: 1)",
        "findRecord(fn: (key) => true, idx: 0)",
    )
    rows = piped(
        Reading("alert", fields).source("bucket", "start: begin._time, stop: v.timeRangeStop"),
        'pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")',
        f'filter(fn: (r) => r.account_id == "{account}")',
        "group()",
    )
    return f'import "array"\n{RESOLUTION}mine =\n  {mine}\n\nbegin = {begin}\n\n{rows}'
