"""Decimals, dates and times as Connect and Debezium encode them."""

import base64
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.formats.logical_types import conversion, unscaled, variable_scale


@given(st.integers(-(2**200), 2**200), st.integers(0, 30))
def test_a_decimal_is_exact_at_any_size(whole: int, scale: int) -> None:
    data = whole.to_bytes((whole.bit_length() + 8) // 8, "big", signed=True)

    found = unscaled(base64.b64encode(data).decode(), scale)

    assert isinstance(found, Decimal)
    sign, digits, exponent = found.as_tuple()
    assert (-1 if sign else 1) * int("".join(map(str, digits))) == whole
    assert exponent == -scale


@pytest.mark.parametrize(("text", "amount"), [("BNI=", "12.34"), ("+y4=", "-12.34"), ("AA==", "0.00")])
def test_decimals_of_connect(text: str, amount: str) -> None:
    convert = conversion("org.apache.kafka.connect.data.Decimal", {"scale": "2"})

    assert convert is not None
    assert str(convert(text)) == amount


@pytest.mark.parametrize("broken", ["", "12.34", "BNI", True, [], "A" * 400])
def test_what_is_no_decimal_is_refused(broken: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        unscaled(broken, 2)


def test_a_decimal_may_bring_its_scale() -> None:
    assert variable_scale({"scale": 3, "value": "MDk="}) == Decimal("12.345")
    with pytest.raises(TypeError):
        variable_scale({"scale": True, "value": "MDk="})


@pytest.mark.parametrize(
    ("name", "value", "meaning"),
    [
        ("org.apache.kafka.connect.data.Timestamp", 1_772_359_200_123, datetime(2026, 3, 1, 10, 0, 0, 123_000, UTC)),
        ("io.debezium.time.Timestamp", 1_772_359_200_000, datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("io.debezium.time.MicroTimestamp", 1_772_359_200_000_001, datetime(2026, 3, 1, 10, 0, 0, 1, UTC)),
        ("io.debezium.time.NanoTimestamp", 1_772_359_200_000_001_999, datetime(2026, 3, 1, 10, 0, 0, 1, UTC)),
        ("io.debezium.time.Timestamp", -1, datetime(1969, 12, 31, 23, 59, 59, 999_000, UTC)),
        ("org.apache.kafka.connect.data.Date", 20_513, date(2026, 3, 1)),
        ("io.debezium.time.Date", 20_513, date(2026, 3, 1)),
        ("io.debezium.time.MicroTime", 36_000_000_000, "10:00:00"),
    ],
)
def test_times(name: str, value: int, meaning: object) -> None:
    convert = conversion(name, None)

    assert convert is not None
    assert convert(value) == meaning


@pytest.mark.parametrize("name", ["io.debezium.time.ZonedTimestamp", "com.example.Money", None, 7])
def test_names_without_a_meaning_here_change_nothing(name: object) -> None:
    assert conversion(name, None) is None
