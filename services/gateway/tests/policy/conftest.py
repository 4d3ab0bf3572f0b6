"""Policies from text as of one moment, and payments to decide on."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.policy.file import read_policy
from gateway.policy.policy import Policy
from vigie_runtime import ConfigurationError
from vigie_schemas import SCHEMA_VERSION, Transaction

NOW = datetime(2026, 12, 1, 12, 30, tzinfo=UTC)
ALERTS = """
[[verdicts]]
severity = "high"
verdict = "decline"
"""


@pytest.fixture(scope="session")
def now_ms() -> int:
    """The moment of every payment, and as of which policies are read."""
    return int(NOW.timestamp() * 1000)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a policy and files beside it; `[[verdicts]]` are added where the text has none."""

    def write(text: str, **files: str) -> Path:
        for name, content in files.items():
            (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8", newline="")
        file = tmp_path / "policy.toml"
        file.write_text(text if "[[verdicts]]" in text else text + ALERTS, encoding="utf-8", newline="")
        return file

    return write


@pytest.fixture
def policy(write: Callable[..., Path]) -> Callable[..., Policy]:
    """The policy of a text."""
    return lambda text, **files: read_policy(write(text, **files), NOW.timestamp)


@pytest.fixture
def faults(policy: Callable[..., Policy]) -> Callable[..., list[str]]:
    """What is wrong with the policy of a text, a sentence each."""

    def found(text: str, **files: str) -> list[str]:
        with pytest.raises(ConfigurationError) as raised:
            policy(text, **files)
        return str(raised.value).split("\n")

    return found


@pytest.fixture(scope="session")
def payment(now_ms: int) -> Callable[..., Transaction]:
    """A payment of now with some of its fields changed."""

    def make(**changes: Any) -> Transaction:
        fields = {
            "schema_version": SCHEMA_VERSION,
            "transaction_id": "t1",
            "account_id": "acct-1",
            "timestamp_ms": now_ms,
            "amount": 10.0,
            "currency": "EUR",
        }
        return Transaction(**fields | changes)

    return make
