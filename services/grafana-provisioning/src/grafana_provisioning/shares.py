"""Flux of shares: the ratio of two fields of one measurement, by the same rules as in flux.py."""

from grafana_provisioning.flux import Reading, piped, window


def share_over_all(part: Reading, whole: Reading) -> str:
    """The ratio of two fields' sums of one measurement, in the shown time range; no value where the whole is 0."""
    both = Reading(part.measurement, (*part.fields, *whole.fields), part.where)

    def add(name: str, reading: Reading) -> str:
        return f'{name}: accumulator.{name} + (if r._field == "{reading.fields[0]}" then float(v: r._value) else 0.0)'

    return piped(
        both.shown(),
        "sum()",
        "group()",
        "reduce(identity: {part: 0.0, whole: 0.0}, "
        f"fn: (r, accumulator) => ({{{add('part', part)}, {add('whole', whole)}}}))",
        "filter(fn: (r) => r.whole > 0.0)",
        "map(fn: (r) => ({_value: r.part / r.whole}))",
    )


def share_over_time(part: str, whole: str, measurement: str) -> str:
    """The ratio of two fields' sums, window by window; no value where the whole is 0."""
    return piped(
        Reading(measurement, (part, whole)).shown(),
        window("sum"),
        'pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")',
        "group()",
        f"filter(fn: (r) => r.{whole} > 0.0)",
        f"map(fn: (r) => ({{_time: r._time, _value: r.{part} / r.{whole}}}))",
    )
