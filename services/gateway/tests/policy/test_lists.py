"""Lists: what they are compared with, until when they count, and what a hit says."""

from collections.abc import Callable

import pytest

from gateway.policy.decision import Totals
from gateway.policy.policy import Policy
from vigie_schemas import RuleHit, Transaction

DAY_MS = 86_400_000
MakePolicy = Callable[..., Policy]
MakePayment = Callable[..., Transaction]


def no_spending(account_id: str, from_ms: int, until_ms: int) -> Totals:
    raise AssertionError("no limit needs it")


def a_list(name: str, field: str, verdict: str, *values: str, until: str | None = None) -> str:
    entries = "".join(
        f'[[lists.entries]]\nvalue = "{value}"\nreason = "case 17"\nby = "m.keller"\n'
        + (f"until = {until}\n" if until else "")
        for value in values
    )
    return f'[[lists]]\nname = "{name}"\nfield = "{field}"\nverdict = "{verdict}"\n{entries}'


def hits(policy: Policy, transaction: Transaction, now_ms: int = 0) -> list[tuple[str, str]]:
    found = policy.rules_of(transaction, transaction.amount, no_spending, now_ms)
    return [(hit.rule, hit.verdict) for hit in found]


@pytest.mark.parametrize(
    ("field", "value", "attribute", "called"),
    [
        ("account", "acct-1", "account_id", "account"),
        ("merchant", "m1", "merchant_id", "merchant"),
        ("merchant", "m1", "payee_id", "payee"),
        ("country", "KP", "country", "country"),
        ("country", "KP", "ip_country", "country of the internet address"),
        ("device", "dev-1", "device_id", "device"),
    ],
)
def test_a_value_is_looked_for_where_it_can_stand(
    policy: MakePolicy, payment: MakePayment, field: str, value: str, attribute: str, called: str
) -> None:
    made = policy(a_list("blocked", field, "decline", value))

    assert made.rules_of(payment(**{attribute: value}), 10.0, no_spending, 0) == (
        RuleHit(rule="lists.blocked", verdict="decline", text=f"The {called} is on the list blocked: case 17"),
    )
    other = {"account_id": "acct-2"} if field == "account" else {}
    assert hits(made, payment(**other)) == []


def test_a_list_that_has_a_payment_twice_is_one_hit(policy: MakePolicy, payment: MakePayment) -> None:
    made = policy(a_list("countries", "country", "review", "KP", "IR") + a_list("payees", "merchant", "review", "m1"))

    both = payment(country="KP", ip_country="IR", merchant_id="m1", payee_id="m1")
    assert hits(made, both) == [("lists.countries", "review"), ("lists.payees", "review")]


def test_every_list_is_a_hit_and_the_strictest_comes_first(policy: MakePolicy, payment: MakePayment) -> None:
    made = policy(
        a_list("watched", "account", "review", "acct-1")
        + a_list("trusted", "account", "allow", "acct-1")
        + a_list("blocked", "merchant", "decline", "m1")
    )

    assert hits(made, payment(merchant_id="m1")) == [
        ("lists.blocked", "decline"),
        ("lists.watched", "review"),
        ("lists.trusted", "allow"),
    ]


@pytest.mark.parametrize(
    ("until", "last_ms"),
    [
        ("2026-12-31", 1_798_761_599_999),  # the whole day, UTC
        ("2026-12-31T10:00:00Z", 1_798_711_199_999),
        ("2026-12-31T11:00:00+01:00", 1_798_711_199_999),
        ("2026-12-31 10:00:00.0005Z", 1_798_711_200_000),  # the millisecond that has begun counts
    ],
)
def test_an_entry_counts_to_its_last_millisecond(
    policy: MakePolicy, payment: MakePayment, until: str, last_ms: int
) -> None:
    inline = policy(a_list("blocked", "account", "decline", "acct-1", until=until))
    from_file = policy(
        '[[lists]]\nname = "blocked"\nfield = "account"\nverdict = "decline"\nfile = "blocked.csv"\n',
        blocked=f"value,reason,by,until\nacct-1,case 17,m.keller,{until}\n",
    )

    for made in (inline, from_file):
        assert hits(made, payment(), last_ms) == [("lists.blocked", "decline")]
        assert hits(made, payment(), last_ms + 1) == []
        assert made.warnings == ()


def test_an_entry_that_has_expired_is_a_warning_with_its_line(policy: MakePolicy, now_ms: int) -> None:
    made = policy(
        a_list("a", "account", "allow", "acct-1", until="2026-11-30")
        + a_list("b", "account", "allow", "acct-1", until="2026-12-01")
        + '[[lists]]\nname = "c"\nfield = "device"\nverdict = "decline"\nfile = "c.csv"\n',
        c="value,reason,by,until\nd1,lost,m.keller,2026-12-01T12:30:00Z\nd2,lost,m.keller,2026-12-01T12:30:00.001Z\n",
    )

    assert made.warnings == (
        "policy.toml:9: lists[0].entries[0].until is in the past: the entry does nothing",
        "c.csv:2: until is in the past: the entry does nothing",
    )


def test_a_file_may_be_written_by_a_spreadsheet(policy: MakePolicy, payment: MakePayment) -> None:
    made = policy(
        '[[lists]]\nname = "x"\nfield = "merchant"\nverdict = "decline"\nfile = "x.csv"\n',
        x='\ufeffvalue,reason,by,until\r\n"m1","mule, says case 17",m.keller,\r\n'
        "\r\n m2 ,case 18,m.keller,2027-01-31\r\n",
    )

    assert [hit.text for hit in made.rules_of(payment(merchant_id="m1"), 1.0, no_spending, 0)] == [
        "The merchant is on the list x: mule, says case 17"
    ]
    assert hits(made, payment(merchant_id="m2")) == [("lists.x", "decline")]
