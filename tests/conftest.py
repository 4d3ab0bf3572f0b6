"""Payments for the tests that cross services; servers and Spark come from vigie_testing."""

from collections.abc import Callable

import pytest

from vigie_testing.golden import a_payment, a_planted_anomaly


@pytest.fixture
def payment() -> Callable[..., dict[str, object]]:
    """Make an account's payment of one day, by its number."""
    return a_payment


@pytest.fixture
def planted() -> Callable[[str], tuple[list[dict[str, object]], str]]:
    """Make an account's payments of which the last is one to be found, and that one's id."""
    return a_planted_anomaly
