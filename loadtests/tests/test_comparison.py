import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie_loadtests.comparison.comparing import ALLOWED_LOSS, compare, incomplete
from vigie_loadtests.comparison.runs import commit_of
from vigie_runtime import InputError

latencies = st.floats(min_value=0.1, max_value=10_000)


def run(p50: float = 8, p95: float = 16, p99: float = 32, **others: float) -> dict[str, float]:
    latencies = {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99}
    return dict.fromkeys(ALLOWED_LOSS, 100.0) | latencies | {"sent": 100, "scored": 100, "repeated": 0} | others


@given(latencies, latencies, latencies)
def test_a_commit_has_lost_nothing_against_itself(p50: float, p95: float, p99: float) -> None:
    compared = compare([run(p50, p95, p99)], [run(p50, p95, p99)])

    assert [one.is_loss for one in compared] == [False] * len(ALLOWED_LOSS)


@pytest.mark.parametrize("figure", list(ALLOWED_LOSS))
def test_a_figure_that_doubles_is_a_loss(figure: str) -> None:
    compared = compare([run()], [run() | {figure: 2.1 * run()[figure]}])

    assert [one.figure for one in compared if one.is_loss] == [figure]


def test_a_figure_that_one_commit_has_not_is_left_out() -> None:
    old = {name: value for name, value in run().items() if not name.startswith("longest")}

    assert {one.figure for one in compare([old], [run()])} == {"p50_ms", "p95_ms", "p99_ms", "cpu_ms_spark_detector"}


def test_one_disturbed_run_is_no_loss() -> None:
    compared = compare([run(), run()], [run(p50=80, p95=160, p99=320), run()])

    assert not any(one.is_loss for one in compared)


def test_a_fraction_of_a_millisecond_is_no_loss() -> None:
    compared = compare([run(p50=1.0)], [run(p50=1.9)])

    assert not any(one.is_loss for one in compared)


def test_faster_is_no_loss() -> None:
    compared = compare([run()], [run(p50=2, p95=4, p99=8)])

    assert not any(one.is_loss for one in compared)
    assert all(one.change <= 0 for one in compared)


def test_lost_and_repeated_transactions_are_reported() -> None:
    assert incomplete([run(), run(scored=99)]) == ["a run scored 99 of 100 transactions and 0 of them twice"]
    assert incomplete([run(repeated=3)]) == ["a run scored 100 of 100 transactions and 3 of them twice"]


def test_an_unknown_commit_is_refused(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)

    with pytest.raises(InputError, match="no-such-commit"):
        commit_of("no-such-commit", tmp_path)
