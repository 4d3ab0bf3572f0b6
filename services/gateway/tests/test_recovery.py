"""A call that a killed gateway left is judged by the account's other payments, not by itself as well."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway.calls.recovery import CallRecovery
from gateway.policy.file import read_policy
from gateway.store import VerdictStore
from gateway.stream.originals import Original, Originals
from gateway.stream.outcomes import Read, ScoredOutcome
from vigie_runtime import KafkaSettings
from vigie_runtime.offsets import KeptOffset
from vigie_schemas import Transaction

NOW_MS = 1_772_359_200_000


class OneOriginal(Originals):
    """What Kafka has at every place."""

    def __init__(self, value: bytes) -> None:
        super().__init__(KafkaSettings())
        self._value = value

    def at(self, partition: int, offset: int) -> Original | None:
        return Original(self._value, "digest", "core", "request")


def test_its_own_amount_counts_once(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(
        '[[verdicts]]\nseverity = "high"\nverdict = "decline"\n'
        '[[limits]]\nname = "daily"\nverdict = "review"\nper_day_eur = 100\n'
    )
    store = VerdictStore(tmp_path, kept_hours=1)
    outcomes = [
        ScoredOutcome(f"pay-{number}", "acct-1", NOW_MS - number, 30.0, 0, number, 0.1, 0.6, False, 1, 1)
        for number in range(3)
    ]
    store.add(Read(outcomes), {("scored", 0): KeptOffset(3)})
    transaction = Transaction(
        schema_version=1, transaction_id="pay-0", account_id="acct-1", timestamp_ms=NOW_MS, amount=30, currency="EUR"
    )
    recovery = CallRecovery(OneOriginal(transaction.model_dump_json().encode()), store)

    with ThreadPoolExecutor(1) as thread:  # where a browser's tests ran before, this one has a loop already
        call = thread.submit(lambda: asyncio.run(recovery.call(outcomes[0], read_policy(policy)))).result()

    assert call is not None
    assert (call.transaction_id, call.caller, call.rules) == ("pay-0", "core", ())
    store.close()
