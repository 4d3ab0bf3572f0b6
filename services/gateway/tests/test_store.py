"""What can be asked for afterwards."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.store import FILE, VerdictStore
from gateway.stream.outcomes import Explanation, Read, ScoredOutcome
from vigie_runtime import ConfigurationError
from vigie_runtime.offsets import KeptOffset
from vigie_schemas.topics import HOUR_MS

NOW_MS = 1_772_359_200_000
PLACES = {("scored", 0): KeptOffset(7, "topic-id")}


def outcome(name: str, account: str = "acct-1", made_at_ms: int = NOW_MS, amount: float = 10.0) -> ScoredOutcome:
    return ScoredOutcome(name, account, made_at_ms, amount, 1, 5, 0.7, 0.6, True, 3, 4)


def verdict(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "transaction_id": name,
        "at_ms": NOW_MS,
        "body_digest": "d",
        "basis": "model",
        "late": False,
        "verdict": "allow",
    } | changes


@pytest.fixture
def store(tmp_path: Path) -> VerdictStore:
    return VerdictStore(tmp_path, kept_hours=1, now_ms=lambda: NOW_MS)


def test_keeps_what_was_read_and_where(store: VerdictStore, tmp_path: Path) -> None:
    store.add(Read([outcome("a")], [Explanation("a", [{"feature": "amount"}])], [], [verdict("a")]), PLACES)
    store.close()
    again = VerdictStore(tmp_path, kept_hours=1)

    assert again.positions() == PLACES
    found = again.find("a")
    assert found is not None
    assert found.outcome == replace(outcome("a"), account_id="")
    assert (found.reasons, found.verdict, found.late) == ([{"feature": "amount"}], verdict("a"), None)
    assert again.find("b") is None
    again.close()


def test_the_first_verdict_stands_and_a_late_one_is_beside_it(store: VerdictStore) -> None:
    fallback = verdict("a", basis="fallback")
    late = verdict("a", verdict="decline", late=True)
    store.add(Read(verdicts=[fallback]), PLACES)
    assert store.open_fallbacks(NOW_MS) == [fallback]
    store.add(Read(verdicts=[verdict("a", verdict="review"), late, {**late, "verdict": "allow"}]), PLACES)

    found = store.find("a")
    assert found is not None
    assert (found.verdict, found.late, found.outcome) == (fallback, late, None)
    assert store.open_fallbacks(NOW_MS) == []


def test_sums_an_accounts_payments_of_a_time(store: VerdictStore) -> None:
    store.add(Read([outcome(f"t-{n}", made_at_ms=NOW_MS + n, amount=n) for n in range(10)]), PLACES)
    store.add(Read([outcome("t-3", made_at_ms=NOW_MS + 3, amount=3), outcome("other", "acct-2")]), PLACES)

    totals = store.spent("acct-1", NOW_MS + 2, NOW_MS + 5)
    assert (totals.count, totals.amount_eur) == (3, 2 + 3 + 4)
    assert store.spent("acct-3", 0, 2**60).count == 0


def test_forgets_what_is_older_than_the_hours_it_keeps(tmp_path: Path) -> None:
    now = [NOW_MS]
    store = VerdictStore(tmp_path, kept_hours=1, now_ms=lambda: now[0])
    store.add(Read([outcome("old")], [Explanation("old", [])], [], [verdict("old")]), PLACES)
    now[0] += HOUR_MS + 1
    store.prune()
    assert store.find("old") is None
    store.close()


def test_an_outcome_may_come_after_its_verdict(store: VerdictStore) -> None:
    store.add(Read(verdicts=[verdict("a", basis="fallback")]), PLACES)
    store.add(Read([outcome("a")], [Explanation("a", [])]), PLACES)

    found = store.find("a")
    assert found is not None
    assert (found.reasons, found.verdict) == ([], verdict("a", basis="fallback"))
    assert found.outcome is not None
    assert store.spent("acct-1", NOW_MS, NOW_MS + 1).count == 1


def test_no_account_and_no_id_stands_in_the_file(store: VerdictStore, tmp_path: Path) -> None:
    store.add(Read([outcome("payment-of-ana", "acct-of-ana")]), PLACES)
    store.close()

    assert b"of-ana" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_a_file_that_is_no_store_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 500)
    with pytest.raises(ConfigurationError, match="delete it"):
        VerdictStore(tmp_path, kept_hours=1)


def test_a_file_of_another_version_is_said(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    with pytest.raises(ConfigurationError, match="version, 99"):
        VerdictStore(tmp_path, kept_hours=1)
