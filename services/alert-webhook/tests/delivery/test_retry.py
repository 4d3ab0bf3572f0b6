"""Waits between attempts."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alert_webhook.delivery.retry import MAX_ASKED_SECONDS, Backoff, asked_wait


@given(st.integers(1, 10_000), st.none() | st.floats(0, 1e12), st.integers())
def test_waits_grow_up_to_the_longest_and_obey_the_receiver(attempts: int, asked: float | None, seed: int) -> None:
    backoff = Backoff(first_seconds=0.5, longest_seconds=60, chance=random.Random(seed))
    wait = backoff.wait_seconds(attempts, asked)
    doubled = min(0.5 * 2 ** min(attempts - 1, 20), 60)
    assert wait >= doubled / 2
    assert wait <= max(doubled, min(asked or 0, MAX_ASKED_SECONDS))
    assert wait >= min(asked or 0, MAX_ASKED_SECONDS)


def test_waits_differ_so_that_senders_do_not_march_in_step() -> None:
    backoff = Backoff(first_seconds=1, longest_seconds=60, chance=random.Random(1))
    assert len({backoff.wait_seconds(4, None) for _ in range(10)}) == 10


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0),
        (" 120 ", 120),
        ("9" * 400, 999_999_999_999),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 9),
        ("Fri, 31 Dec 1999 23:59:59 -0000", 9),
        ("Fri, 31 Dec 1999 23:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
    ],
)
def test_reads_retry_after_as_seconds_or_date(header: str | None, seconds: float | None) -> None:
    assert asked_wait(header, lambda: 946_684_790.0) == seconds


@given(st.text())
def test_no_header_makes_it_raise(header: str) -> None:
    seconds = asked_wait(header, lambda: 0.0)
    assert seconds is None or seconds >= 0
