"""The gateway's own payments keep the contract whatever chance names them."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.calls.request import Request
from gateway.canary import GatewayCanary
from gateway.door.payment import PaymentReader, ReceivedPayment
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_schemas import is_account_number, is_canary, shipped_rates


def test_no_name_passes_for_a_card_number(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[ReceivedPayment] = []

    async def judge(payment: ReceivedPayment, _: Request) -> bytes:
        judged.append(payment)
        return b'{"basis": "model", "spent_ms": 1.0}'

    monkeypatch.setattr(secrets, "token_hex", lambda count: ("4111" * 4)[: 2 * count])  # a card number by chance
    payments = PaymentReader(Pseudonyms("k" * 20 + "ey" * 8), shipped_rates())
    canary = GatewayCanary(60.0, payments, judge)

    with ThreadPoolExecutor(1) as thread:  # a browser of another test may have left its loop in this one
        thread.submit(lambda: asyncio.run(canary.tick())).result()

    (payment,) = judged
    assert canary.problem is None
    assert is_canary(payment.transaction.account_id)
    assert not is_account_number(payment.transaction.transaction_id)
