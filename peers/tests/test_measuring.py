"""What the readings of a load say: latencies after the warm-up, the cost of a kill, the highest rate that is held."""

import numpy as np
import pytest

from vigie_loadtests.latency.machine import Machine
from vigie_loadtests.latency.readings import Readings
from vigie_peers.measuring import WARM_UP_SECONDS, Kill, Latencies, Measured, latencies, recovery
from vigie_peers.systems import chosen, systems
from vigie_peers.table import as_markdown
from vigie_runtime import ConfigurationError

BEGIN_US = 1_780_000_000_000_000
MACHINE = Machine("Linux", "a processor", 2, 24.0, "abc", {"Python": "3.11"}, 1.0, 2.0, 3.0)


def readings(waits_ms: list[float], *, rate: int = 100, sent: int | None = None, again: int = 0) -> Readings:
    """Records due at a steady rate, each read after its wait; `again` of them are read a second time."""
    numbers = np.arange(len(waits_ms))
    due = BEGIN_US + numbers * 1_000_000 // rate
    read = due + (np.array(waits_ms) * 1000).astype(np.int64)
    rows = np.concatenate([numbers, numbers[:again]])
    due, read = due[rows], np.concatenate([read, read[:again] + 1_000_000])
    nothing = np.zeros(len(rows), dtype=np.int64)
    return Readings(len(waits_ms) if sent is None else sent, rows, due, read, nothing, nothing)


def measured(low: Latencies, *steps: Latencies, kill: Kill | None = None) -> Measured:
    return Measured("one", "One", 12.5, low, list(steps), 500, 90, kill)


def step(rate: int, p99_ms: float, lost: int = 0) -> Latencies:
    return Latencies(rate, 5.0, p99_ms, 120.0, 130.0, lost)


def test_the_warm_up_counts_for_completeness_only() -> None:
    cold = [900.0] * (WARM_UP_SECONDS * 100)

    found = latencies(readings([*cold, *[10.0] * 99, 40.0], sent=len(cold) + 103), 100)

    assert found == Latencies(100, 10.0, 10.0, 40.0, 40.0, 3)
    assert not found.holds, "three are missing"


def test_a_kill_costs_until_what_was_due_after_it_is_scored_and_none_is_late() -> None:
    waits = [5.0] * 500 + [max(5.0, 8_000 - 10.0 * number) for number in range(1_000)]
    killed_ms = BEGIN_US // 1000 + 5_000

    found = recovery(readings(waits, sent=len(waits) + 7, again=40), killed_ms, forgotten_share=0.5)

    assert found.first_score_seconds == pytest.approx(8.0)
    assert found.caught_up_seconds == pytest.approx(8.0, abs=0.1)
    assert (found.lost, found.repeated, found.forgotten_share) == (7, 40, 0.5)


def test_what_never_comes_back_has_no_first_score() -> None:
    assert recovery(readings([5.0] * 100), BEGIN_US // 1000 + 60_000, 0.0).first_score_seconds is None


@pytest.mark.parametrize(
    ("low", "steps", "highest"),
    [
        (step(100, 20.0), [step(250, 50.0), step(500, 140.0)], 250),
        (step(100, 20.0), [step(250, 50.0, lost=1)], 100),
        (step(100, 300.0), [], 0),
    ],
    ids=["p99 above", "one lost", "none held"],
)
def test_the_highest_rate_is_the_last_that_is_held(low: Latencies, steps: list[Latencies], highest: int) -> None:
    assert measured(low, *steps).highest_rate == highest


def test_the_table_has_a_cell_for_each_column() -> None:
    kill = Kill(None, 70.0, 1_500, 2, 0.875)
    table = as_markdown([measured(step(100, 20.0), kill=kill), measured(step(100, 300.0))], MACHINE, [100, 250], 12_000)

    rows = [line.split("|")[1:-1] for line in table.splitlines() if line.startswith("|")]
    assert {len(row) for row in rows} == {14}
    assert [cell.strip() for cell in rows[3][9:]] == ["never", "70.0", "1,500", "2", "88"]
    assert [cell.strip() for cell in rows[4][5:6] + rows[4][9:]] == ["below 100", *["-"] * 5]


def test_a_system_that_is_not_there_is_named(tmp_path) -> None:
    found = systems(tmp_path / "uv")

    assert [system.name for system in chosen(found, ["quix", "vigie"])] == ["quix", "vigie"]
    assert chosen(found, []) == found
    with pytest.raises(ConfigurationError, match="no peer flink; there are vigie, per-message"):
        chosen(found, ["flink"])
