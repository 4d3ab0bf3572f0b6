"""The canary pays as always, then as only a thief would, from a few accounts for ever."""

import json
import threading

from hypothesis import given
from hypothesis import strategies as st

from generator.canary import ACCOUNTS, CanarySender, canary_name, canary_payments
from generator.labels import LabelQueue
from generator.outlet import Outlet
from generator.payment import transaction_record
from generator.progress import SendProgress
from vigie_runtime import KafkaSettings
from vigie_schemas import HISTORY_LENGTH, Transaction, is_account_number, is_canary

NOW_MS = 1_780_000_000_000


class CountedOutlet(Outlet):
    """Takes what is sent aside instead of a broker."""

    def __init__(self) -> None:
        super().__init__(KafkaSettings(), LabelQueue("generator", 0), SendProgress(None), threading.Event())
        self.taken: list[dict] = []

    def send_aside(self, transaction: dict) -> None:
        self.taken.append(transaction)


def test_each_payment_keeps_the_contract() -> None:
    for place, payment in enumerate(canary_payments(3, NOW_MS)):
        record = transaction_record(payment, f"canary-{place}", 0)
        assert is_canary(Transaction.model_validate_json(json.dumps(record)).account_id)


@given(st.integers(1_600_000_000_000, 1_999_999_999_999), st.integers(0, 10**6), st.integers(0, HISTORY_LENGTH))
def test_no_name_passes_for_a_card_number(sent_at_ms: int, number: int, place: int) -> None:
    assert not is_account_number(canary_name(sent_at_ms, number, place))


def test_a_full_history_comes_before_the_glaring_one() -> None:
    *ordinary, glaring = canary_payments(0, NOW_MS)

    assert len(ordinary) == HISTORY_LENGTH
    assert glaring.timestamp_ms == NOW_MS
    assert [payment.timestamp_ms for payment in ordinary] == sorted(payment.timestamp_ms for payment in ordinary)
    assert ordinary[-1].timestamp_ms < NOW_MS
    assert glaring.amount > 200 * max(payment.amount for payment in ordinary)


def test_a_few_accounts_take_turns_for_ever() -> None:
    assert len({canary_payments(number, NOW_MS)[0].account_id for number in range(500)}) == ACCOUNTS


def test_one_comes_each_interval_of_live_traffic_and_none_before() -> None:
    outlet, now = CountedOutlet(), [100.0]
    canary = CanarySender(60, outlet, clock=lambda: now[0])
    outlet.progress.phase, outlet.progress.simulated_ms = "history", NOW_MS
    canary.tick()
    outlet.progress.phase = "live"

    sent = []
    for _ in range(181):
        canary.tick()
        sent.append(outlet.progress.canaries)
        now[0] += 1

    assert (sent[0], sent[59], sent[60], sent[120], sent[180]) == (0, 0, 1, 2, 3)
    assert len({record["transaction_id"] for record in outlet.taken}) == len(outlet.taken) == 3 * (HISTORY_LENGTH + 1)
    assert outlet.progress.sent == 0


def test_without_an_interval_there_is_none() -> None:
    outlet = CountedOutlet()
    outlet.progress.simulated_ms = NOW_MS
    canary = CanarySender(0, outlet, clock=lambda: 10.0**9)

    canary.tick()

    assert outlet.taken == []
