"""Every query of every panel and every rule, out of the generated files, on a real InfluxDB."""

import copy
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from grafana_provisioning.__main__ import PROVISIONING
from grafana_provisioning.evaluation.influx import InfluxQueries, Table
from grafana_provisioning.evaluation.interpolation import Shown, filled
from grafana_provisioning.evaluation.rules import RuleResult, evaluate
from grafana_provisioning.evaluation.targets import Target, rules, targets
from grafana_provisioning.flux import Reading, at_the_end, each_point, over_all, over_time, piped
from grafana_provisioning.shares import share_over_time
from vigie_loadtests.dashboards.synthetic import SyntheticSystem, second
from vigie_loadtests.influx_bucket import new_bucket, write
from vigie_runtime import InputError
from vigie_schemas.measurements import MEASUREMENTS, minute_bucket
from vigie_testing.influxdb import InfluxAccess

pytestmark = pytest.mark.integration

NOW = datetime.now(UTC).replace(microsecond=0)
MINUTES_SHOWN = 10
HEALTHY = SyntheticSystem()
DRAWN = {"timeseries", "state-timeline"}


@pytest.fixture(scope="module")
def queries(influx_server: InfluxAccess) -> Iterator[InfluxQueries]:
    with InfluxQueries(influx_server.url, influx_server.token, influx_server.org) as queries:
        yield queries


def seconds(figures: SyntheticSystem, minutes: float, *, until: datetime = NOW) -> Iterator[str]:
    chance = random.Random(7)
    stop = int(until.timestamp())
    for at in range(stop - int(minutes * 60), stop):
        yield from second(figures, at, chance)


@pytest.fixture(scope="module")
def busy(influx_server: InfluxAccess) -> InfluxAccess:
    """Ten minutes in which everything happens that a panel shows: another model, dead letters, one busy account."""
    influx = new_bucket(influx_server)
    half = NOW - timedelta(minutes=MINUTES_SHOWN / 2)
    before = replace(HEALTHY, alert_share=0.05, accounts=("acct-7",), fallback_share=0.05)
    after = replace(before, model_version=2, champion_version=2, threshold_version=2, rejected=1)
    write(influx, seconds(before, MINUTES_SHOWN / 2, until=half))
    write(influx, seconds(after, MINUTES_SHOWN / 2))
    return influx


def answer(target: Target, influx: InfluxAccess, queries: InfluxQueries, *, account: str = "acct-7") -> list[Table]:
    shown = Shown(
        NOW - timedelta(minutes=MINUTES_SHOWN), NOW, timedelta(seconds=5), influx.bucket, {"account": account}
    )  # fmt: skip
    return queries.ask(filled(target.flux, shown))


@pytest.mark.parametrize("target", targets(PROVISIONING), ids=str)
def test_a_query_returns_what_its_panel_can_draw(target: Target, busy: InfluxAccess, queries: InfluxQueries) -> None:
    tables = answer(target, busy, queries)

    assert sum(len(table.rows) for table in tables) > 0
    if target.kind in DRAWN:
        assert all("_time" in table.types for table in tables)
        numbers = [name for table in tables for name, kind in table.types.items() if kind in ("double", "long")]
        assert len(numbers) >= len(tables)
    if target.kind == "stat":
        assert [len(table.rows) for table in tables] == [1]
    if target.kind == "annotation":
        assert [row["text"].split()[-1] for table in tables for row in table.rows] == ["2"]


def test_every_field_is_in_the_synthetic_data() -> None:
    lines = list(seconds(replace(HEALTHY, rejected=1, alert_share=0.05, fallback_share=0.05), MINUTES_SHOWN))
    made: dict[str, set[str]] = {}
    for line in lines:
        series, _, rest = line.partition(" ")
        made.setdefault(series.split(",")[0], set()).update(part.split("=")[0] for part in rest.split(","))

    for measurement in MEASUREMENTS:
        wanted = {field.name for field in measurement.fields if field.for_panels}
        assert wanted <= made.get(measurement.name, set()), measurement.name


def test_an_account_sees_its_own_alerts_only(busy: InfluxAccess, queries: InfluxQueries) -> None:
    for target in targets(PROVISIONING):
        if target.dashboard == "vigie-account" and target.kind != "annotation":
            assert answer(target, busy, queries, account="acct-8") == [], target.panel


def test_a_stat_of_the_present_has_no_value_when_nothing_was_written_lately(
    influx_server: InfluxAccess, queries: InfluxQueries
) -> None:
    influx = new_bucket(influx_server)
    write(influx, seconds(HEALTHY, 2, until=NOW - timedelta(minutes=2)))
    now = next(one for one in targets(PROVISIONING) if one.panel == "Transactions a second")

    assert answer(now, influx, queries) == []


def test_a_rate_is_a_rate_in_minutes_too(influx_server: InfluxAccess, queries: InfluxQueries) -> None:
    """Three weeks ago only minutes are left, each holding the sum of its sixty seconds."""
    influx = new_bucket(influx_server)
    long_ago = NOW - timedelta(days=21)
    kept = new_bucket(influx_server, minute_bucket(influx.bucket))
    at = int(long_ago.timestamp()) // 60 * 60
    counts = "transactions=3000,scored=3000,learning=0,rejected=0"
    write(kept, [f"throughput {counts} {(at + 60 * minute) * 10**9}" for minute in range(5)])
    throughput = next(one for one in targets(PROVISIONING) if one.panel == "Throughput")
    shown = Shown(long_ago - timedelta(minutes=2), long_ago + timedelta(minutes=5), timedelta(minutes=1), influx.bucket)

    tables = queries.ask(filled(throughput.flux, shown))

    (transactions,) = [table for table in tables if table.field == "transactions"]
    assert set(transactions.values()) == {50.0}


WAITING = Reading("lag", ("waiting",))


@pytest.fixture(params=[("0", "1"), ("1", "0")], ids=["newest series last", "newest series first"])
def two_partitions(request: pytest.FixtureRequest, influx_server: InfluxAccess) -> InfluxAccess:
    """Five transactions waited in one partition 30 s ago, three in the other one a second ago."""
    older, newer = request.param
    influx, at = new_bucket(influx_server), int(NOW.timestamp())
    write(
        influx,
        [f"lag,partition={older} waiting=5 {at - 30}000000000", f"lag,partition={newer} waiting=3 {at - 1}000000000"],
    )
    return influx


def numbers(flux: str, influx: InfluxAccess, queries: InfluxQueries) -> list[float]:
    shown = Shown(NOW - timedelta(minutes=1), NOW, timedelta(seconds=10), influx.bucket)
    return [value for table in queries.ask(filled(flux, shown)) for value in table.values()]


def test_series_are_merged_whatever_their_order(two_partitions: InfluxAccess, queries: InfluxQueries) -> None:
    found = {
        "sum": numbers(at_the_end(WAITING, merge="sum"), two_partitions, queries),
        "max": numbers(at_the_end(WAITING, merge="max"), two_partitions, queries),
        "all": numbers(over_all(WAITING, "min"), two_partitions, queries),
        "windows": numbers(over_time(WAITING, "last", merge="sum"), two_partitions, queries),
        "points": numbers(each_point(WAITING, merge="sum"), two_partitions, queries),
    }

    assert found == {"sum": [8], "max": [5], "all": [3], "windows": [5, 3], "points": [5, 3]}


def test_the_last_row_after_a_group_is_that_of_the_last_series(
    influx_server: InfluxAccess, queries: InfluxQueries
) -> None:
    """Why flux.py has no `last` among its merges: the newest point is the one of partition 0."""
    influx, at = new_bucket(influx_server), int(NOW.timestamp())
    write(influx, [f"lag,partition=0 waiting=3 {at - 1}000000000", f"lag,partition=1 waiting=5 {at - 30}000000000"])
    last = piped(WAITING.source("v.defaultBucket"), 'group(columns: ["_field"])', 'keep(columns: ["_value"])', "last()")

    assert numbers(last, influx, queries) == [5]


# Each rule: the figures that must make it fire, and how many minutes of them.
SCENARIOS: dict[str, tuple[SyntheticSystem, float]] = {
    "vigie-latency": (replace(HEALTHY, p99_ms=400.0), 3),
    "vigie-lag": (replace(HEALTHY, waiting=1_500), 2),
    "vigie-missing": (replace(HEALTHY, missing=1), 1),
    "vigie-dead-letters": (replace(HEALTHY, rejected=2), 5),
    "vigie-canary": (replace(HEALTHY, canary_age_s=181.0), 1),
    "vigie-no-alerts": (replace(HEALTHY, alert_share=0.0), 30),
    "vigie-surge": (replace(HEALTHY, alert_share=0.03), 10),
    "vigie-drift": (replace(HEALTHY, psi=0.3), 2),
    "vigie-disagreement": (replace(HEALTHY, champion_version=2), 2),
    "vigie-two-models": (replace(HEALTHY, models=2), 2),
    "vigie-undelivered": (replace(HEALTHY, oldest_waiting_s=301.0), 1),
    "vigie-given-up": (replace(HEALTHY, dead=1), 1),
    "vigie-fallbacks": (replace(HEALTHY, fallback_share=0.003), 5),
    "vigie-writes-failing": (replace(HEALTHY, write_failures=1), 1),
}
SHORTLY_BEFORE: dict[str, tuple[SyntheticSystem, float]] = {
    "vigie-latency": (replace(HEALTHY, p99_ms=230.0), 3),
    "vigie-lag": (replace(HEALTHY, waiting=990), 2),
    "vigie-missing": (HEALTHY, 1),
    "vigie-dead-letters": (replace(HEALTHY, rate=1_000, rejected=2), 5),
    "vigie-canary": (replace(HEALTHY, canary_age_s=170.0), 1),
    "vigie-no-alerts": (replace(HEALTHY, alert_share=0.0, rate=5), 30),
    "vigie-surge": (replace(HEALTHY, alert_share=0.012), 10),
    "vigie-drift": (replace(HEALTHY, psi=0.24), 2),
    "vigie-disagreement": (replace(HEALTHY, champion_version=None), 2),
    "vigie-two-models": (HEALTHY, 2),
    "vigie-undelivered": (replace(HEALTHY, oldest_waiting_s=250.0), 1),
    "vigie-given-up": (HEALTHY, 1),
    "vigie-fallbacks": (replace(HEALTHY, fallback_share=0.0005), 5),
    "vigie-writes-failing": (replace(HEALTHY, buffered_points=1_900), 1),
}
SILENT = "vigie-silent"
RULES = rules(PROVISIONING)


def results(influx: InfluxAccess, queries: InfluxQueries, *, now: datetime = NOW) -> dict[str, list[RuleResult]]:
    return {uid: evaluate(rule, queries, bucket=influx.bucket, now=now) for uid, rule in RULES.items()}


def firing(found: dict[str, list[RuleResult]]) -> set[str]:
    return {uid for uid, each in found.items() if any(result.fires for result in each)}


def test_every_rule_has_a_scenario() -> None:
    assert {*SCENARIOS, SILENT} == {*SHORTLY_BEFORE, SILENT} == set(RULES)


@pytest.fixture(scope="module")
def healthy(influx_server: InfluxAccess) -> InfluxAccess:
    influx = new_bucket(influx_server)
    write(influx, seconds(HEALTHY, 30))
    return influx


def test_no_rule_fires_while_all_is_well(healthy: InfluxAccess, queries: InfluxQueries) -> None:
    found = results(healthy, queries)

    assert firing(found) == set()
    assert {result.state for each in found.values() for result in each} == {"normal"}


@pytest.mark.parametrize("uid", SCENARIOS)
def test_a_rule_fires_in_its_scenario_and_no_other_does(
    uid: str, influx_server: InfluxAccess, queries: InfluxQueries
) -> None:
    influx = new_bucket(influx_server)
    figures, minutes = SCENARIOS[uid]
    write(influx, seconds(figures, minutes))

    assert firing(results(influx, queries)) == {uid}


@pytest.mark.parametrize("uid", SHORTLY_BEFORE)
def test_a_rule_does_not_fire_shortly_before(uid: str, influx_server: InfluxAccess, queries: InfluxQueries) -> None:
    influx = new_bucket(influx_server)
    figures, minutes = SHORTLY_BEFORE[uid]
    write(influx, seconds(figures, minutes))

    assert firing(results(influx, queries)) == set()


def test_of_a_few_calls_fallbacks_fire_nothing(influx_server: InfluxAccess, queries: InfluxQueries) -> None:
    """99 calls in five minutes, each a fallback; the hundredth is one too many."""
    influx, at = new_bucket(influx_server), int(NOW.timestamp())
    write(influx, [f"gateway calls=99,by_fallback=99 {at - 60}000000000"])
    few = evaluate(RULES["vigie-fallbacks"], queries, bucket=influx.bucket, now=NOW)
    write(influx, [f"gateway calls=1,by_fallback=1 {at - 30}000000000"])
    enough = evaluate(RULES["vigie-fallbacks"], queries, bucket=influx.bucket, now=NOW)

    assert [result.state for result in (*few, *enough)] == ["normal", "firing"]


def test_without_a_gateway_its_rule_has_no_data(influx_server: InfluxAccess, queries: InfluxQueries) -> None:
    influx = new_bucket(influx_server)

    (result,) = evaluate(RULES["vigie-fallbacks"], queries, bucket=influx.bucket, now=NOW)

    assert (result.state, RULES["vigie-fallbacks"]["noDataState"]) == ("no data", "OK")


def test_a_share_over_time_is_that_of_each_window(influx_server: InfluxAccess, queries: InfluxQueries) -> None:
    """Windows without calls have no share; a window's share is that of its sums, not the mean of its seconds."""
    influx, at = new_bucket(influx_server), int(NOW.timestamp()) // 60 * 60
    calls = {-170: (1, 1), -130: (99, 0), -50: (0, 0), -40: (50, 1), -30: (50, 0)}
    lines = [f"gateway calls={n},by_fallback={f} {at + second}000000000" for second, (n, f) in calls.items()]
    write(influx, lines)
    shown = Shown(NOW - timedelta(minutes=5), NOW, timedelta(minutes=1), influx.bucket)

    (table,) = queries.ask(filled(share_over_time("by_fallback", "calls", "gateway"), shown))

    assert table.values() == [0.01, 0.01]
    assert table.is_series


def test_missing_figures_fire_one_rule(healthy: InfluxAccess, queries: InfluxQueries) -> None:
    found = results(healthy, queries, now=NOW + timedelta(minutes=40))

    assert firing(found) == {SILENT}


def test_a_rule_names_who_it_is_about(influx_server: InfluxAccess, queries: InfluxQueries) -> None:
    influx = new_bucket(influx_server)
    write(influx, seconds(replace(HEALTHY, receivers=("slack",)), 1))
    write(influx, seconds(replace(HEALTHY, receivers=("webhook",), dead=3), 1))

    found = evaluate(RULES["vigie-given-up"], queries, bucket=influx.bucket, now=NOW)

    assert {dict(one.labels)["receiver"]: (one.state, one.figures["dead"]) for one in found} == {
        "slack": ("normal", 0.0), "webhook": ("firing", 3.0)
    }  # fmt: skip


def test_a_query_influxdb_refuses_is_shown_with_its_reason(queries: InfluxQueries) -> None:
    with pytest.raises(InputError, match="undefined identifier"):
        queries.ask("lost()")


def test_a_table_in_a_rules_place_is_refused(healthy: InfluxAccess, queries: InfluxQueries) -> None:
    """Grafana evaluates time series only: a rule whose query gives a table would never fire there."""
    rule = copy.deepcopy(RULES["vigie-lag"])
    rule["data"][0]["model"]["query"] += '\n  |> keep(columns: ["_value"])'

    with pytest.raises(InputError, match="no time series"):
        evaluate(rule, queries, bucket=healthy.bucket, now=NOW)


def test_only_the_rule_about_missing_figures_fires_on_a_lost_connection() -> None:
    assert {uid for uid, rule in RULES.items() if rule["execErrState"] == "Alerting"} == {SILENT}
    assert {uid for uid, rule in RULES.items() if rule["noDataState"] == "Alerting"} == {SILENT}
