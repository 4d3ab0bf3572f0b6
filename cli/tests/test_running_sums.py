"""Sums of accounts over spans of time are those that adding up by hand gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.decision import Totals
from vigie_cli.policy_trial.running_sums import RunningSums

payments = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 50), st.integers(1, 10**6).map(lambda cents: cents / 100)),
    max_size=30,
).map(lambda found: sorted(found, key=lambda each: each[1]))


@given(payments, st.integers(-5, 55), st.integers(-5, 55))
def test_a_span_has_the_payments_that_lie_in_it(found: list[tuple[str, int, float]], first: int, end: int) -> None:
    sums = RunningSums()
    for account, at_ms, amount in found:
        sums.add(account, at_ms, amount)

    amounts = [amount for account, at_ms, amount in found if account == "a" and first <= at_ms < end]
    totals = sums.spent("a", min(first, end), end)

    assert totals.count == len(amounts)
    assert totals.amount_eur == pytest.approx(sum(amounts), abs=1e-6)


def test_an_account_that_paid_nothing() -> None:
    assert RunningSums().spent("a", 0, 10) == Totals(0, 0.0)
