"""Records as the reader gives them."""

from collections.abc import Callable

import pytest

from metrics_sink.intake.records import AlertRecord, ScoredRecord, VerdictRecord

NOW_MS = 1_780_000_000_000


@pytest.fixture(scope="session")
def scored() -> Callable[..., ScoredRecord]:
    """Makes a scored record; `score` None makes one seen while learning."""
    return a_scored_record


@pytest.fixture(scope="session")
def alerted() -> Callable[..., AlertRecord]:
    """Makes an alert."""
    return an_alert


@pytest.fixture(scope="session")
def answered() -> Callable[..., VerdictRecord]:
    """Makes a verdict of the gateway."""
    return a_verdict


def a_verdict(name: str, **changes: object) -> VerdictRecord:
    verdict = VerdictRecord(
        transaction_id=name,
        is_canary=False,
        verdict="allow",
        would_be=None,
        basis="model",
        fallback_cause=None,
        is_late=False,
        spent_ms=40.0,
    )
    return verdict._replace(**changes)


def a_scored_record(offset: int = 0, *, score: float | None = 0.4, **changes: object) -> ScoredRecord:
    is_judged = score is not None
    partition = changes.get("partition", 0)
    record = ScoredRecord(
        partition=0,
        offset=offset,
        transaction_id=f"t{partition}-{offset}",
        is_canary=False,
        timestamp_ms=NOW_MS,
        sent_at_us=NOW_MS * 1000 - 25_000,
        amount_eur=20.0,
        segment="established_account",
        score=score,
        threshold=0.6 if is_judged else None,
        is_anomaly=is_judged and score >= 0.6,
        model_version=1 if is_judged else None,
        threshold_version=2 if is_judged else None,
        features={},
    )
    return record._replace(**changes)


def an_alert(name: str, **changes: object) -> AlertRecord:
    alert = AlertRecord(
        alert_id=f"alert:{name}",
        transaction_id=name,
        account_id="acc-1",
        made_at_ms=NOW_MS,
        sent_at_us=NOW_MS * 1000 - 40_000,
        amount_eur=612.5,
        segment="established_account",
        severity="high",
        score=0.8,
        threshold=0.6,
        model_version=1,
        first_reason="612 EUR, 11 times this account's usual",
        first_feature="amount_over_usual",
        country="FR",
        category="electronics",
    )
    return alert._replace(**changes)
