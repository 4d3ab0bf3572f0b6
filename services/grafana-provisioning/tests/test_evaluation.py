"""Filling, reading and calculating as Grafana does."""

import math
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grafana_provisioning.__main__ import PROVISIONING
from grafana_provisioning.alerting.rules import RULES
from grafana_provisioning.evaluation.influx import InfluxQueries, tables_of
from grafana_provisioning.evaluation.interpolation import Shown, filled
from grafana_provisioning.evaluation.rules import calculated
from grafana_provisioning.evaluation.targets import targets
from vigie_runtime import InputError, UnavailableError

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SHOWN = Shown(NOON - timedelta(hours=1), NOON, timedelta(seconds=10), "vigie", {"account": "acct-1"})
NUMBERS = st.floats(-1e6, 1e6)
SERIES_CSV = """\
#datatype,string,long,dateTime:RFC3339,double,string,string
#group,false,false,false,false,true,true
#default,_result,,,,,
,result,table,_time,_value,_field,receiver
,,0,2026-11-25T12:00:00Z,1.5,waiting,slack
,,0,2026-11-25T12:00:01Z,2.5,waiting,slack
,,1,2026-11-25T12:00:00Z,7,waiting,webhook

#datatype,string,long,long
#group,false,false,false
#default,_result,,
,result,table,_value
,,0,3

"""


def test_macros_and_variables_are_filled() -> None:
    flux = 'from(bucket: v.defaultBucket) |> range(start: v.timeRangeStart, stop: v.timeRangeStop) "${account}"'

    assert filled(flux, SHOWN) == (
        'from(bucket: "vigie") |> range(start: 2026-11-25T11:00:00Z, stop: 2026-11-25T12:00:00Z) "acct-1"'
    )
    assert filled("every: v.windowPeriod", SHOWN) == "every: 10000ms"


def test_times_are_written_in_utc() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert filled("v.timeRangeStop", Shown(there, there, timedelta(1), "b")) == "2026-11-25T12:00:00Z"


def test_no_query_keeps_anything_to_fill() -> None:
    for target in targets(PROVISIONING):
        text = filled(target.flux, SHOWN)
        assert not re.search(r"v\.(timeRange|window|default)|\$", text), target


def test_columns_of_the_group_key_are_labels() -> None:
    slack, webhook, count = tables_of(SERIES_CSV)

    assert dict(slack.labels) == {"_field": "waiting", "receiver": "slack"}
    assert (slack.values(), webhook.values(), count.values()) == ([1.5, 2.5], [7.0], [3.0])
    assert [table.is_series for table in (slack, webhook, count)] == [True, True, False]
    assert slack.field == "waiting"


def test_an_empty_answer_has_no_tables() -> None:
    assert tables_of("\r\n") == []


def test_an_error_within_an_answer_is_raised() -> None:
    broken = "#datatype,string,string\n#group,true,true\n#default,,\n,error,reference\n,out of memory,\n"

    with pytest.raises(InputError, match="out of memory"):
        tables_of(broken)


def test_an_unavailable_influxdb_is_named() -> None:
    with (
        InfluxQueries("http://127.0.0.1:9", "t", "vigie") as queries,
        pytest.raises(UnavailableError, match=r"127\.0\.0\.1:9"),
    ):
        queries.ask("buckets()")


@given(NUMBERS, NUMBERS)
def test_a_condition_says_what_python_says(left: float, right: float) -> None:
    results = {"a": {(): left}, "b": {(): right}}

    assert calculated("($a >= 10) && ($b < 2.5)", results) == {(): float(left >= 10 and right < 2.5)}
    assert calculated("($a > $b) || ($a != 3)", results) == {(): float(left > right or left != 3)}
    assert calculated("$a > 0.5 * $b", results) == {(): float(left > 0.5 * right)}


@given(st.dictionaries(st.sampled_from(["slack", "webhook", "pager"]), NUMBERS, min_size=1))
def test_each_series_is_evaluated_separately(waiting: dict[str, float]) -> None:
    by_receiver = {(("receiver", name),): value for name, value in waiting.items()}

    found = calculated("$waiting > $limit", {"waiting": by_receiver, "limit": {(): 5.0}})

    assert {labels: value for labels, value in found.items() if labels} == {
        labels: float(value > 5) for labels, value in by_receiver.items()
    }


def test_without_values_there_is_no_result() -> None:
    assert calculated("$a > $b", {"a": {}, "b": {(): 1.0}}) == {}


def test_a_share_of_nothing_is_no_number() -> None:
    assert math.isnan(calculated("$a / $b", {"a": {(): 1.0}, "b": {(): 0.0}})[()])


def test_what_cannot_be_evaluated_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be evaluated"):
        calculated("log($a)", {"a": {(): 1.0}})


def test_a_rules_condition_uses_all_its_figures() -> None:
    for rule in RULES:
        assert all(f"${figure.name}" in rule.condition for figure in rule.figures), rule.uid
