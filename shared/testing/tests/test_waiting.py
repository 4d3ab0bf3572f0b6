"""Waiting returns what was found, and says what it waited for where nothing was."""

import itertools

import pytest

from vigie_testing.waiting import wait_until


def test_what_was_found_is_returned() -> None:
    numbers = itertools.count()

    assert wait_until(lambda: [n for n in [next(numbers)] if n == 3], what="three", interval_seconds=0) == [3]


def test_a_failure_says_what_was_waited_for_and_what_was_seen_last() -> None:
    with pytest.raises(AssertionError, match=r"^waited 0.01 s for all rows; last value: \[\]$"):
        wait_until(list, what="all rows", timeout_seconds=0.01)


def test_what_a_condition_saw_is_named() -> None:
    seen = iter([1, 2, 3])
    state = {"rows": 0}

    def is_full() -> bool:
        state["rows"] = next(seen, 3)
        return state["rows"] > 3

    with pytest.raises(AssertionError, match=r"last value: \{'rows': 3\}"):
        wait_until(is_full, what="more", timeout_seconds=0.02, interval_seconds=0.001, seen=lambda: state)


def test_expected_exceptions_are_waited_out_and_named_at_the_end() -> None:
    answers = iter([OSError("refused"), OSError("refused"), "up"])

    def ask() -> str:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    def refuse() -> str:
        raise OSError("still refused")

    assert wait_until(ask, what="an answer", interval_seconds=0, not_yet=(OSError,)) == "up"
    with pytest.raises(AssertionError, match="last value: OSError\\('still refused'\\)") as failure:
        wait_until(refuse, what="an answer", timeout_seconds=0.01, not_yet=(OSError,))
    assert isinstance(failure.value.__cause__, OSError)


def test_other_exceptions_end_the_wait_at_once() -> None:
    calls = []

    def fail() -> bool:
        calls.append(1)
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        wait_until(fail, what="anything", timeout_seconds=60, not_yet=(OSError,))
    assert len(calls) == 1


def test_it_looks_once_more_after_the_deadline() -> None:
    looks = iter([False, True])

    assert wait_until(lambda: next(looks), what="the second look", timeout_seconds=0.01, interval_seconds=0.05)
