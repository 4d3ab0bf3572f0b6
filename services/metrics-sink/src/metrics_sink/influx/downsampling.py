"""Flux that downsamples seconds to one-minute points; `vigie_schemas.measurements` has each field's rule."""

from collections import defaultdict
from typing import Final, get_args

from vigie_schemas import MEASUREMENTS, Measurement, minute_bucket
from vigie_schemas.measurements import MinuteRule

RECOMPUTED: Final = "6m"
"""Each run computes the last minutes again, because the sink may be late; after longer gaps the sink does it."""
TASK_OFFSET: Final = "20s"
"""The task runs so long after the end of a minute, when its last second has been written."""


def task_name(bucket: str) -> str:
    """Name of the task that downsamples a bucket."""
    return f"vigie: minutes of {bucket}"


def task_flux(bucket: str) -> str:
    """The task as InfluxDB runs it every minute."""
    options = f'option task = {{name: "{task_name(bucket)}", every: 1m, offset: {TASK_OFFSET}}}\n'
    span = f"start: date.truncate(t: -{RECOMPUTED}, unit: 1m), stop: date.truncate(t: now(), unit: 1m)"
    return f'import "date"\n{options}{_body(bucket, span)}'


def span_flux(bucket: str, start_s: int, stop_s: int) -> str:
    """The same for a given span, rounded to whole minutes, for points that came too late for the task."""
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
    """The fields that a rule applies to, as a Flux condition."""
    wanted: defaultdict[Measurement, list[str]] = defaultdict(list)
    for measurement in MEASUREMENTS:
        for field in measurement.fields:
            if field.per_minute == rule and not field.is_text and not measurement.is_event:
                wanted[measurement].append(field.name)
    return " or ".join(
        f'(r._measurement == "{measurement.name}" and ({" or ".join(f"r._field == {name!r}" for name in names)}))'
        for measurement, names in wanted.items()
    ).replace("'", '"')
