import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from vigie_loadtests.pool import endless
from vigie_loadtests.report import LoadReport, Readings, summarise, write_report
from vigie_loadtests.run import checkpoint_seconds

START_US = 1_735_732_800_000_000


def readings(latencies_ms: list[float], *, sent: int | None = None, numbers: list[int] | None = None) -> Readings:
    """One transaction every 10 ms."""
    count = len(latencies_ms)
    sent_us = START_US + 10_000 * np.arange(count)
    return Readings(
        sent=count if sent is None else sent,
        numbers=np.array(numbers if numbers is not None else range(count)),
        sent_us=sent_us,
        read_us=sent_us + np.array([int(1000 * value) for value in latencies_ms]),
    )


def report(**changes: object) -> LoadReport:
    good = {
        "rate": 1000.0,
        "seconds": 300.0,
        "sent": 10,
        "scored": 10,
        "repeated": 0,
        "p50_ms": 9.0,
        "p95_ms": 20.0,
        "p99_ms": 40.0,
        "p999_ms": 500.0,
        "max_ms": 900.0,
        "checkpoints": 1,
    }
    return LoadReport(**{**good, **changes})  # type: ignore[arg-type]


def test_figures_leave_the_warm_up_out() -> None:
    slow_start = readings([900.0] * 100 + [10.0] * 400)

    found = summarise(slow_start, [START_US // 1000 + 2000], warm_up_seconds=1)

    assert (found.p50_ms, found.max_ms, found.checkpoints) == (10.0, 10.0, 1)
    assert found.rate == pytest.approx(100, rel=0.01)
    assert found.sent == found.scored == 500


def test_two_slow_transactions_of_180_are_the_p99() -> None:
    assert summarise(readings([4.0] * 178 + [900.0] * 2), [], warm_up_seconds=0).p99_ms == 900.0


def test_a_checkpoint_in_the_warm_up_does_not_count() -> None:
    assert summarise(readings([10.0] * 500), [START_US // 1000 + 500], warm_up_seconds=1).checkpoints == 0


def test_repeats_and_losses_are_distinguished() -> None:
    found = summarise(readings([5.0] * 6, sent=7, numbers=[0, 1, 2, 3, 3, 5]), [], warm_up_seconds=0)

    assert (found.sent, found.scored, found.repeated) == (7, 5, 1)


def test_a_good_run_breaks_no_budget() -> None:
    assert report().broken_budgets(1000) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"p50_ms": 25.1}, "p50_ms is 25.1 ms, the budget 25 ms"),
        ({"p99_ms": 100.0}, "p99_ms is 100.0 ms, the budget 100 ms"),
        ({"scored": 9}, "1 of 10 transactions were not scored"),
        ({"repeated": 2}, "2 transactions were scored twice"),
        ({"rate": 970.0}, "only 970 of 1000 transactions a second could be sent"),
        ({"checkpoints": 0}, "no checkpoint fell into the run: choose a longer DURATION"),
    ],
    ids=lambda part: str(part)[:20],
)
def test_each_missed_budget_is_a_sentence(changes: dict[str, object], sentence: str) -> None:
    assert report(**changes).broken_budgets(1000) == [sentence]


def test_the_report_is_a_page_and_figures(tmp_path: Path) -> None:
    write_report(tmp_path, report(), ["p99_ms is <too high>"], readings([5.0] * 300), [START_US // 1000 + 1000])

    assert json.loads((tmp_path / "report.json").read_text())["p99_ms"] == 40.0
    page = (tmp_path / "report.html").read_text()
    assert "&lt;too high&gt;" in page
    assert "data:image/png;base64," in page


def test_the_pool_never_runs_back_in_time() -> None:
    pool: list[dict[str, object]] = [{"timestamp_ms": time} for time in (5, 7, 7, 9)]

    times = [int(str(record["timestamp_ms"])) for record in itertools.islice(endless(pool), 20)]

    assert times == sorted(times)
    assert len(set(times)) > 10


@pytest.mark.parametrize(("duration", "seconds"), [(330, 60), (3600, 60), (150, 50), (20, 10)])
def test_every_run_holds_a_checkpoint(duration: int, seconds: int) -> None:
    assert checkpoint_seconds(duration) == seconds
