"""Figures, events and budgets of a load from readings that are made here."""

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie_loadtests.latency.events import (
    Event,
    Impact,
    Publication,
    crash,
    first_score_after,
    impacts,
    version_changes,
)
from vigie_loadtests.latency.machine import Machine
from vigie_loadtests.latency.page import as_page
from vigie_loadtests.latency.pool import endless
from vigie_loadtests.latency.reader import take
from vigie_loadtests.latency.readings import Readings, ReadingsCollector
from vigie_loadtests.latency.report import LoadReport, Plan, summarise
from vigie_loadtests.latency.run import checkpoint_seconds
from vigie_loadtests.latency.schedule import Schedule
from vigie_loadtests.latency.text import as_text, file_name
from vigie_loadtests.latency.usage import Usage

START_MS = 1_735_732_800_000
MACHINE = Machine("Linux 6", "a processor", 2, 24.0, "abc1234", {"Python": "3.11"}, 0.8, 2.1, 9.0)
PLAN = Plan(rate=100, duration=5, warm_up=0, with_crash=False)


def readings(
    latencies_ms: list[float],
    *,
    sent: int | None = None,
    numbers: list[int] | None = None,
    versions: list[tuple[int, int]] | None = None,
) -> Readings:
    """One transaction every 10 ms."""
    count = len(latencies_ms)
    due_us = 1000 * START_MS + 10_000 * np.arange(count)
    judged = np.array(versions or [(1, 1)] * count, dtype=np.int64)
    return Readings(
        sent=count if sent is None else sent,
        numbers=np.array(numbers if numbers is not None else range(count)),
        due_us=due_us,
        read_us=due_us + np.array([int(1000 * value) for value in latencies_ms]),
        model_versions=judged[:, 0],
        threshold_versions=judged[:, 1],
    )


def report(**changes: object) -> LoadReport:
    events = [
        Impact(Event("checkpoint", START_MS, START_MS + 900), 90.0, 30.0),
        Impact(Event("thresholds", START_MS + 5000, START_MS + 5400, START_MS + 5000), 40.0, 0.0),
        Impact(Event("model", START_MS + 9000, START_MS + 15_000, START_MS + 14_000), 210.0, 150.0),
    ]
    good = LoadReport(
        plan=PLAN, machine=MACHINE, rate=100.0, seconds=300.0, sent=10, scored=10, repeated=0, p50_ms=9.0, p95_ms=20.0,
        p99_ms=40.0, p999_ms=50.0, max_ms=210.0, impacts=events, first_score_seconds=None,
        cpu_ms_per_1000={"spark-detector": 900.0}, memory_mib={"spark-detector": 700.0},
    )  # fmt: skip
    return replace(good, **changes)


def test_figures_leave_the_warm_up_out() -> None:
    slow_start = readings([900.0] * 100 + [10.0] * 400)

    found = summarise(replace(PLAN, warm_up=1), MACHINE, slow_start, [], {"trainer": Usage(2.0, 300.0)})

    assert (found.p50_ms, found.max_ms) == (10.0, 10.0)
    assert found.rate == pytest.approx(100, rel=0.01)
    assert found.sent == found.scored == 500
    assert found.cpu_ms_per_1000 == {"trainer": 5000.0}


def test_two_slow_transactions_of_180_are_the_p99() -> None:
    assert summarise(PLAN, MACHINE, readings([4.0] * 178 + [900.0] * 2), [], {}).p99_ms == 900.0


def test_repeats_and_losses_are_distinguished_and_a_repeat_is_no_latency() -> None:
    found = summarise(
        PLAN, MACHINE, readings([5.0] * 3 + [6.0, 9000.0, 5.0], sent=7, numbers=[0, 1, 2, 3, 3, 5]), [], {}
    )

    assert (found.sent, found.scored, found.repeated, found.max_ms) == (7, 5, 1, 6.0)


@given(st.floats(0.5, 20_000), st.integers(1, 500))
def test_the_schedule_is_steady_however_late_the_sender_is(rate: float, count: int) -> None:
    late = itertools.count(1_000, 77_000_000)
    schedule = Schedule(rate, clock_ns=lambda: next(late))

    numbers, moments = zip(*(schedule.next() for _ in range(count)), strict=True)

    assert numbers == tuple(range(count))
    assert moments[-1] - moments[0] == pytest.approx((count - 1) * 1e9 / rate, abs=1)


def test_a_moment_that_has_passed_is_not_waited_for() -> None:
    schedule = Schedule(10, clock_ns=lambda: 5_000_000_000)

    assert schedule.seconds_until(4_000_000_000) == 0
    assert schedule.seconds_until(5_250_000_000) == 0.25


def test_an_event_is_charged_with_the_longest_wait_near_it_beyond_the_usual() -> None:
    latencies = [10.0] * 3_000
    latencies[1_520] = 310.0
    event = Event("checkpoint", START_MS + 15_000, START_MS + 15_500)

    (impact,) = impacts([event], readings(latencies))

    assert (impact.longest_ms, impact.added_ms) == (310.0, 300.0)


def test_changes_of_version_are_found_in_what_was_read() -> None:
    versions = [(1, 1)] * 100 + [(1, 1001)] * 100 + [(2, 1)] * 100
    known = {(1, 1001): Publication(START_MS + 800, START_MS + 800), (2, 1): Publication(START_MS, START_MS + 1_900)}

    thresholds, model = version_changes(readings([5.0] * 300, versions=versions), known)

    assert (thresholds.kind, thresholds.from_ms, thresholds.served_after_ms) == ("thresholds", START_MS + 800, 205)
    assert (model.kind, model.from_ms, model.served_after_ms) == ("model", START_MS, 105)


def test_what_is_learned_first_is_no_change_of_version() -> None:
    assert version_changes(readings([5.0] * 20, versions=[(1, 1)] * 20), {}) == []


def test_a_crash_lasts_until_its_backlog_is_read() -> None:
    latencies = [5.0] * 300 + [3_000.0 - 10 * number for number in range(300)] + [5.0] * 300
    killed_ms = START_MS + 3_000
    read = readings(latencies)

    assert crash(killed_ms, read).until_ms == killed_ms + 3_000
    assert first_score_after(killed_ms, read) == 3.0


def test_a_good_run_breaks_no_budget() -> None:
    assert report().broken_budgets() == []


SLOW_CRASH = Impact(Event("crash", START_MS, START_MS + 16_000), 15_900.0, 15_800.0)
SLOW_THRESHOLDS = Impact(Event("thresholds", START_MS, START_MS + 2_100, START_MS), 61.0, 21.0)


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({"p50_ms": 25.1}, ["p50_ms is 25.1 ms, the budget 25 ms"]),
        ({"p99_ms": 100.0}, ["p99_ms is 100.0 ms, the budget 100 ms"]),
        ({"scored": 9}, ["1 of 10 transactions were not scored"]),
        ({"repeated": 2}, ["2 transactions were scored twice"]),
        ({"rate": 97.0}, ["only 97 of 100 transactions a second could be sent"]),
        ({"impacts": report().impacts[1:]}, ["no checkpoint fell into the run: choose a longer DURATION"]),
        ({"first_score_seconds": 5.1}, ["5.1 s until the first score after a crash, the budget 5 s"]),
        (
            {"impacts": [*report().impacts, SLOW_CRASH]},
            ["16.0 s until caught up after a crash, the budget 15 s"],
        ),
        (
            {"impacts": [*report().impacts, SLOW_THRESHOLDS]},
            ["a thresholds event added 21 ms, the budget 20 ms", "thresholds served 2100 ms after they were published"],
        ),
    ],
    ids=lambda part: str(part)[:20],
)
def test_each_missed_budget_is_a_sentence(changes: dict[str, object], sentences: list[str]) -> None:
    assert report(**changes).broken_budgets() == sentences


def test_a_crash_that_was_asked_for_has_to_happen() -> None:
    asked = report(plan=replace(PLAN, with_crash=True))

    assert asked.broken_budgets() == ["no crash fell into the run: choose a longer DURATION"]


def test_two_runs_are_compared_by_figures_at_the_top_level() -> None:
    figures = json.loads(json.dumps(report().as_json()))

    assert (figures["p99_ms"], figures["longest_model_ms"], figures["cpu_ms_spark_detector"]) == (40.0, 210.0, 900.0)


def test_the_text_holds_machine_events_and_what_was_missed() -> None:
    text = as_text(report(), ["p99_ms is too high"])

    assert "a processor, 2 cores" in text
    assert [line.split() for line in text.splitlines() if line.startswith(("thresholds", "Kafka alone"))] == [
        ["Kafka", "alone", "0.8", "2.1", "9.0"],
        ["thresholds", "5.0", "0.40", "40.0", "0.0", "0.40"],
    ]
    assert "MISSED: p99_ms is too high" in text
    assert file_name(report()).endswith("-100-abc1234.txt")


def test_the_page_shows_a_chart_and_escapes_what_it_repeats() -> None:
    page = as_page(report(), ["p99_ms is <too high>"], readings([5.0] * 300))

    assert "&lt;too high&gt;" in page
    assert "data:image/png;base64," in page


def test_records_of_another_load_are_left_out(tmp_path: Path) -> None:
    collector = ReadingsCollector()
    record = {"transaction_id": "load-3", "sent_at_us": 1_000, "model_version": 2, "threshold_version": None}

    assert take(collector, json.dumps(record).encode(), 3_500) == 2.5
    assert take(collector, json.dumps(record | {"transaction_id": "tx-3"}).encode(), 3_500) is None
    collector.write(tmp_path / "readings.npz", sent=1)

    found = Readings.load(tmp_path / "readings.npz")
    assert (found.sent, found.numbers.tolist(), found.model_versions.tolist()) == (1, [3], [2])
    assert found.threshold_versions.tolist() == [0]


def test_the_pool_never_runs_back_in_time() -> None:
    pool: list[dict[str, object]] = [{"timestamp_ms": time} for time in (5, 7, 7, 9)]

    times = [int(str(record["timestamp_ms"])) for record in itertools.islice(endless(pool), 20)]

    assert times == sorted(times)
    assert len(set(times)) > 10


@pytest.mark.parametrize(("duration", "seconds"), [(330, 60), (3600, 60), (150, 50), (20, 10)])
def test_every_run_holds_a_checkpoint(duration: int, seconds: int) -> None:
    assert checkpoint_seconds(duration) == seconds
