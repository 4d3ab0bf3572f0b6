"""Records of the contracts for all tests of the package."""

from collections.abc import Callable

import pytest

from vigie_schemas import Alert, Metrics, Reason, Transaction

NOW_MS = 1_780_000_000_000


@pytest.fixture
def alert_of() -> Callable[[str], Alert]:
    def build(name: str) -> Alert:
        transaction = Transaction(
            schema_version=1,
            transaction_id=name,
            account_id="acc-1",
            timestamp_ms=NOW_MS,
            amount=612.4,
            currency="EUR",
            country="FR",
        )
        return Alert(
            schema_version=1,
            alert_id=f"alert:{name}",
            transaction=transaction,
            amount_eur=612.4,
            segment="established_account",
            severity="high",
            score=0.71,
            threshold=0.62,
            quantile=0.995,
            model_version=3,
            threshold_version=4,
            reasons=[Reason(feature="amount_over_usual", value=2.4, usual=55.0, share=0.6, text="11 times the usual")],
        )

    return build


@pytest.fixture
def metrics_at() -> Callable[[int], Metrics]:
    def build(at_ms: int) -> Metrics:
        return Metrics(
            schema_version=1,
            at_ms=at_ms,
            transactions=10,
            scored=10,
            learning=0,
            alerts=0,
            dead_letters={},
            alerts_total=0,
            transactions_total=10,
            latency=None,
            lag={},
            score_quantiles={},
            score_points=[],
            model_version=3,
            threshold_version=4,
        )

    return build
