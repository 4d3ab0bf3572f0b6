"""A small population, made once."""

from collections.abc import Iterator

import numpy as np
import pytest

from generator.account import Account
from generator.payment import DAY_MS, Payment
from generator.population import build_population
from generator.settings import GeneratorSettings
from generator.stream import PaymentStream, StreamPlan

FIRST_DAY = 20_000  # some day in 2024


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """No setting of the developer's shell reaches a test, and nothing is written outside its folder."""
    for name in GeneratorSettings.model_fields:
        monkeypatch.delenv(f"VIGIE_{name.upper()}", raising=False)
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


@pytest.fixture(scope="session")
def accounts() -> list[Account]:
    return build_population(7, 0, 200, 3)


def payments_between(plan: StreamPlan, first_day: int, days: int) -> Iterator[Payment]:
    for payment in PaymentStream(plan).after(first_day * DAY_MS - 1):
        if payment.timestamp_ms >= (first_day + days) * DAY_MS:
            return
        yield payment


@pytest.fixture(scope="session", params=[7, 8])
def month(request: pytest.FixtureRequest) -> list[Payment]:
    """A month of 500 accounts, anomalies throughout, for two seeds."""
    plan = StreamPlan(
        seed=request.param,
        era=0,
        accounts=500,
        payments_per_day=3,
        anomaly_share=0.0075,
        anomalies_from_day=FIRST_DAY - 10,
    )
    return list(payments_between(plan, FIRST_DAY, 30))
