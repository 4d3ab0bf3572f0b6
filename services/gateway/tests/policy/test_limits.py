"""Limits: at their boundaries, over the right span of time, for the right payments."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.decision import Totals
from gateway.policy.limits import Limit, LimitWindow, add_hits
from gateway.policy.policy import Policy
from vigie_schemas import RuleHit, Transaction
from vigie_schemas.topics import DAY_MS, HOUR_MS

MakePolicy = Callable[..., Policy]
MakePayment = Callable[..., Transaction]


class Account:
    """What an account has paid, and what was asked about it."""

    def __init__(self, *payments: tuple[int, float]) -> None:
        self.payments = payments
        self.asked: list[tuple[str, int, int]] = []

    def spent(self, account_id: str, from_ms: int, until_ms: int) -> Totals:
        self.asked.append((account_id, from_ms, until_ms))
        amounts = [amount for at_ms, amount in self.payments if from_ms <= at_ms < until_ms]
        return Totals(len(amounts), sum(amounts))


def limit(bounds: str, verdict: str = "review") -> str:
    return f'[[limits]]\nname = "some"\nverdict = "{verdict}"\n{bounds}\n'


def texts(policy: Policy, transaction: Transaction, account: Account) -> list[str]:
    return [hit.text for hit in policy.rules_of(transaction, transaction.amount, account.spent, 0)]


@pytest.mark.parametrize(
    ("amount", "text"), [(1_000.0, []), (1_000.01, ["1,000.01 EUR at once, the limit is 1,000"]), (0.01, [])]
)
def test_one_payment(policy: MakePolicy, payment: MakePayment, amount: float, text: list[str]) -> None:
    account = Account()

    assert texts(policy(limit("per_payment_eur = 1000")), payment(amount=amount), account) == text
    assert account.asked == []


@pytest.mark.parametrize(
    ("before", "amount", "text"),
    [
        ((300.10, 599.90), 100.0, []),
        ((300.10, 599.90), 100.01, ["1,000.01 EUR within 24 hours, the limit is 1,000"]),
        ((0.1,) * 10, 999.0, []),  # adding up 0.1 ten times gives a little less than 1
        ((0.7, 0.1, 0.1, 0.1), 999.0, []),
        ((), 1_000.5, ["1,000.50 EUR within 24 hours, the limit is 1,000"]),
    ],
)
def test_a_sum_within_a_day(
    policy: MakePolicy, payment: MakePayment, now_ms: int, before: tuple[float, ...], amount: float, text: list[str]
) -> None:
    account = Account(*((now_ms - 1, each) for each in before))

    assert texts(policy(limit("per_day_eur = 1000")), payment(amount=amount), account) == text


@pytest.mark.parametrize(("count", "text"), [(2, []), (3, ["4 payments within an hour, the limit is 3"])])
def test_a_count_within_an_hour(
    policy: MakePolicy, payment: MakePayment, now_ms: int, count: int, text: list[str]
) -> None:
    account = Account(*[(now_ms, 1.0)] * count)

    assert texts(policy(limit("per_hour_count = 3")), payment(), account) == text


@pytest.mark.parametrize(("bounds", "length_ms"), [("per_hour_count = 1", HOUR_MS), ("per_day_count = 1", DAY_MS)])
def test_a_window_ends_with_the_payment(
    policy: MakePolicy, payment: MakePayment, now_ms: int, bounds: str, length_ms: int
) -> None:
    made = policy(limit(bounds))

    for age_ms, is_within in ((length_ms, False), (length_ms - 1, True), (0, True), (-1, False)):
        assert bool(texts(made, payment(), Account((now_ms - age_ms, 1.0)))) == is_within


def test_every_bound_that_is_exceeded_is_said_in_one_hit(policy: MakePolicy, payment: MakePayment, now_ms: int) -> None:
    made = policy(limit("per_payment_eur = 5\nper_hour_eur = 12\nper_day_count = 1", "decline"))

    assert made.rules_of(payment(), 10.0, Account((now_ms, 3.0)).spent, 0) == (
        RuleHit(
            rule="limits.some",
            verdict="decline",
            text="10 EUR at once, the limit is 5; 13 EUR within an hour, the limit is 12; "
            "2 payments within 24 hours, the limit is 1",
        ),
    )


def test_an_account_is_asked_about_once_a_window_and_only_where_it_matters(
    policy: MakePolicy, payment: MakePayment, now_ms: int
) -> None:
    made = policy(
        limit("per_day_eur = 10\nper_day_count = 3").replace("some", "a")
        + limit("per_day_eur = 20").replace("some", "b")
        + limit('per_hour_eur = 20\ncountries = ["FR"]').replace("some", "c")
    )
    account = Account()

    made.rules_of(payment(country="DE"), 10.0, account.spent, 0)
    assert account.asked == [("acct-1", now_ms - DAY_MS + 1, now_ms + 1)]


@pytest.mark.parametrize(
    ("segment", "fits", "fits_not"),
    [
        ('categories = ["cash", "gambling"]', {"category": "gambling"}, {"category": "groceries"}),
        ('countries = ["FR"]', {"country": "FR"}, {"country": "DE", "ip_country": "FR"}),
        ('currencies = ["USD"]', {"currency": "USD"}, {"currency": "EUR"}),
        ('channels = ["online"]', {"channel": "online"}, {"channel": "atm"}),
        (
            'channels = ["online"]\ncountries = ["FR"]',
            {"channel": "online", "country": "FR"},
            {"channel": "online", "country": "DE"},
        ),
        ('categories = ["cash"]', {"category": "cash"}, {}),
    ],
)
def test_a_segment_restricts_which_payments_a_limit_applies_to(
    policy: MakePolicy, payment: MakePayment, segment: str, fits: dict[str, str], fits_not: dict[str, str]
) -> None:
    made = policy(limit(f"per_payment_eur = 5\n{segment}"))

    assert len(texts(made, payment(**fits), Account())) == 1
    assert texts(made, payment(**fits_not), Account()) == []


def test_within_an_hour_means_nothing_where_only_the_day_is_known(policy: MakePolicy, payment: MakePayment) -> None:
    midnight = 1_798_675_200_000
    account = Account((midnight, 100.0))
    dated = payment(timestamp_ms=midnight)

    assert texts(policy(limit("per_hour_eur = 50")), dated, account) == []
    assert texts(policy(limit("per_day_eur = 50")), dated, account) == ["110 EUR within 24 hours, the limit is 50"]


@given(st.lists(st.integers(1, 500_000), max_size=20), st.integers(2, 500_000), st.sampled_from([-1, 0, 1]))
def test_cents_are_never_lost_at_a_boundary(before: list[int], amount: int, above: int) -> None:
    window = LimitWindow(DAY_MS, (sum(before) + amount - above) / 100, None)

    totals = Totals(len(before), sum(cents / 100 for cents in before))

    assert window.is_exceeded(totals, amount / 100) == (above > 0)
    assert len(list(window.excess(totals, amount / 100))) == (above > 0)


def test_without_a_limit_that_applies_there_is_no_hit(payment: MakePayment) -> None:
    found: list[RuleHit] = []

    add_hits([Limit("some", "review", None, (), ())], payment(), 1e6, Account().spent, found)

    assert found == []
