"""Figures of the gateway: each verdict once, late ones beside the calls, canaries nowhere."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics_sink.figures.gateway import SHARE_SECONDS, GatewayTally
from metrics_sink.intake.records import VerdictRecord
from vigie_schemas import VERDICTS_BY_STRICTNESS, GatewayFigures

Answered = Callable[..., VerdictRecord]
FALLBACK = {"basis": "fallback", "fallback_cause": "deadline"}


def close(tally: GatewayTally) -> GatewayFigures:
    second = tally.close_second()
    assert second is not None
    return second.figures


def count(tally: GatewayTally, *verdicts: VerdictRecord, is_live: bool = True) -> None:
    for verdict in verdicts:
        tally.count(verdict, is_live)


def test_without_a_gateway_there_are_no_figures() -> None:
    assert GatewayTally().close_second() is None


def test_counts_by_verdict_basis_and_cause(answered: Answered) -> None:
    tally = GatewayTally()
    count(
        tally,
        answered("t1"),
        answered("t2", verdict="decline", basis="rules", spent_ms=20.0),
        answered("t3", spent_ms=150.0, **FALLBACK),
        answered("t4", would_be="review"),
        answered("t3", verdict="decline", is_late=True, spent_ms=900.0),
    )

    figures, following = close(tally), close(tally)

    assert (figures.calls, figures.late) == (4, 1)
    assert figures.verdicts == {"allow": 3, "decline": 1}
    assert figures.would_be == {"review": 1}
    assert figures.bases == {"model": 2, "rules": 1, "fallback": 1}
    assert figures.fallbacks == {"deadline": 1}
    assert figures.latency is not None
    assert (figures.latency.count, figures.latency.max_ms) == (4, pytest.approx(150, rel=0.002)), "no late one"
    assert (figures.recent_calls, figures.fallback_share) == (4, 0.25)
    assert (following.calls, following.late, following.verdicts, following.bases) == (0, 0, {}, {})
    assert (following.fallbacks, following.would_be) == ({}, {})
    assert (following.recent_calls, following.fallback_share) == (4, 0.25)


def test_the_latency_of_a_second_is_its_own(answered: Answered) -> None:
    tally = GatewayTally()
    count(tally, answered("t1", spent_ms=500.0))
    tally.close_second()
    count(tally, answered("t2", spent_ms=20.0))

    second = tally.close_second()

    assert second is not None
    assert second.latency is not None
    assert second.latency.max_ms == pytest.approx(20, rel=0.002)
    assert second.figures.latency is not None
    assert second.figures.latency.max_ms == pytest.approx(500, rel=0.002)


def test_a_repeat_changes_nothing(answered: Answered) -> None:
    tally = GatewayTally()
    for _ in range(2):
        count(tally, answered("t1", **FALLBACK), answered("t1", verdict="review", is_late=True))

    figures = close(tally)
    count(tally, answered("t1", **FALLBACK), answered("t1", verdict="review", is_late=True))

    assert (figures.calls, figures.late) == (1, 1)
    assert (close(tally).calls, close(tally).late) == (0, 0)


def test_canaries_count_in_nothing_but_show_that_there_is_a_gateway(answered: Answered) -> None:
    tally = GatewayTally()
    count(tally, answered("t1", is_canary=True, **FALLBACK), answered("t1", is_canary=True, is_late=True))

    figures = close(tally)

    assert (figures.calls, figures.late, figures.verdicts, figures.latency) == (0, 0, {}, None)
    assert (figures.recent_calls, figures.fallback_share) == (0, None)


def test_verdicts_before_the_start_are_known_but_not_counted(answered: Answered) -> None:
    tally = GatewayTally()
    count(tally, answered("t1"), is_live=False)
    count(tally, answered("t1"))

    assert close(tally).calls == 0


def test_the_share_is_that_of_five_minutes(answered: Answered) -> None:
    tally = GatewayTally()
    count(tally, answered("t0", **FALLBACK))
    for number in range(1, SHARE_SECONDS):
        tally.close_second()
        count(tally, answered(f"t{number}"))

    assert close(tally).fallback_share == pytest.approx(1 / SHARE_SECONDS)
    assert close(tally).fallback_share == 0, "the fallback was five minutes ago"


CALLS = st.tuples(st.sampled_from(VERDICTS_BY_STRICTNESS), st.booleans(), st.booleans(), st.floats(0, 10**6))


@settings(deadline=None)
@given(seconds=st.lists(st.lists(CALLS, max_size=8), min_size=1, max_size=8))
def test_every_call_is_in_one_verdict_and_one_basis(answered: Answered, seconds: list[list]) -> None:
    tally, total = GatewayTally(), 0
    for number, calls in enumerate(seconds):
        for place, (verdict, is_fallback, is_late, spent_ms) in enumerate(calls):
            changes = FALLBACK if is_fallback else {}
            name = f"t{number}-{place}"
            count(tally, answered(name, verdict=verdict, is_late=is_late, spent_ms=spent_ms, **changes))
        second = tally.close_second()
        if second is None:
            continue
        figures = GatewayFigures.model_validate_json(second.figures.model_dump_json())
        total += figures.calls
        assert figures.calls == sum(figures.verdicts.values()) == sum(figures.bases.values())
        assert figures.calls + figures.late == len(calls)
        assert figures.recent_calls == total
        assert sum(figures.fallbacks.values()) == figures.bases.get("fallback", 0)
