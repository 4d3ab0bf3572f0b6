"""Flux that turns seconds into the minutes that are kept for a year; `vigie_schemas.measurements` says how."""

from collections import defaultdict
from typing import Final, get_args

from vigie_schemas import MEASUREMENTS, Measurement, minute_bucket
from vigie_schemas.measurements import MinuteRule

RECOMPUTED: Final = "6m"
"""Each run makes the last minutes anew, for the sink may be late; longer gaps it fills itself when they are over."""
SETTLING: Final = "20s"
"""After the minute's end, until its last second is written."""


def task_name(bucket: str) -> str:
    """Name of the task that keeps a bucket's minutes."""
    return f"vigie: minutes of {bucket}"


def task_flux(bucket: str) -> str:
    """The task as InfluxDB runs it every minute."""
    options = f'option task = {{name: "{task_name(bucket)}", every: 1m, offset: {SETTLING}}}\n'
    span = f"start: date.truncate(t: -{RECOMPUTED}, unit: 1m), stop: date.truncate(t: now(), unit: 1m)"
    return f'import "date"\n{options}{_body(bucket, span)}'


def span_flux(bucket: str, start_s: int, stop_s: int) -> str:
    """The same for a given span, rounded to whole minutes; run when points came too late for the task."""
    start, stop = start_s // 60 * 60, -(-stop_s // 60) * 60
    return _body(bucket, f"start: {start}, stop: {stop}")


def _body(bucket: str, span: str) -> str:
    steps = [f'source = () => from(bucket: "{bucket}") |> range({span})']
    target = f'to(bucket: "{minute_bucket(bucket)}")'
    for rule in get_args(MinuteRule):
        if condition := _condition(rule):
            aggregate = f'aggregateWindow(every: 1m, fn: {rule}, createEmpty: false, timeSrc: "_start")'
            steps.append(f"source() |> filter(fn: (r) => {condition}) |> {aggregate} |> {target}")
    events = " or ".join(
        f'r._measurement == "{measurement.name}"' for measurement in MEASUREMENTS if measurement.is_event
    )
    steps.append(f"source() |> filter(fn: (r) => {events}) |> {target}")
    return "\n".join(f'{step} |> yield(name: "{number}")' if number else step for number, step in enumerate(steps))


def _condition(rule: MinuteRule) -> str:
    """Which measurements' fields a rule is for."""
    wanted: defaultdict[Measurement, list[str]] = defaultdict(list)
    for measurement in MEASUREMENTS:
        for field in measurement.fields:
            if field.per_minute == rule and not field.is_text and not measurement.is_event:
                wanted[measurement].append(field.name)
    return " or ".join(
        f'(r._measurement == "{measurement.name}" and ({" or ".join(f"r._field == {name!r}" for name in names)}))'
        for measurement, names in wanted.items()
    ).replace("'", '"')
