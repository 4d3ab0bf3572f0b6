import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.logged_features import FeatureCollector
from vigie_schemas import ESTABLISHED_FROM, FEATURE_NAMES

Payload = Callable[..., bytes]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["transaction_id", "features"]) | st.text(), inner),
)


def collect(*payloads: bytes | None) -> FeatureCollector:
    collector = FeatureCollector()
    for payload in payloads:
        collector.add(payload)
    return collector


def test_columns_follow_the_contracts_order_whatever_the_records_order(payload: Payload) -> None:
    values = {name: float(place) for place, name in enumerate(FEATURE_NAMES)}
    backwards = dict(reversed(values.items()))

    rows = collect(payload(features=backwards)).collected()

    assert rows.matrix.tolist() == [[float(place) for place in range(len(FEATURE_NAMES))]]
    assert rows.matrix.dtype == np.float64


def test_of_a_repeat_the_later_record_stands(payload: Payload) -> None:
    rows = collect(payload("a", 1.0), payload("b", 2.0), payload("a", 3.0)).collected()

    assert rows.matrix[:, 0].tolist() == [3.0, 2.0]
    assert (rows.rows, rows.repeats, rows.left_out) == (2, 1, 0)


def test_a_later_record_without_features_takes_the_earlier_one_with_it(payload: Payload) -> None:
    rows = collect(payload("a", 1.0), payload("a", features={})).collected()

    assert (rows.rows, rows.repeats, rows.left_out) == (0, 1, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"features": {}},
        {"features": None},
        {"features": dict.fromkeys(FEATURE_NAMES, "1.0")},
        {"features": dict.fromkeys(FEATURE_NAMES)},
        {"features": dict.fromkeys(FEATURE_NAMES, float("nan"))},
        {"features": dict.fromkeys(FEATURE_NAMES, float("inf"))},
        {"features": dict.fromkeys(FEATURE_NAMES, 1e39)},
        {"features": dict.fromkeys(FEATURE_NAMES, 10**400)},
        {"history_count": None},
        {"history_count": -1},
        {"history_count": 10**30},
        {"timestamp_ms": 12},
        {"timestamp_ms": 1.5},
        {"transaction_id": 7},
        {"transaction_id": None},
    ],
)
def test_a_record_no_forest_can_learn_from_is_left_out_and_counted(
    payload: Payload, changes: dict[str, object]
) -> None:
    rows = collect(payload("good"), payload(**({"transaction_id": "bad"} | changes))).collected()

    assert (rows.rows, rows.left_out) == (1, 1)


@pytest.mark.parametrize("raw", [None, b"", b"no json", b"[]", b"3", b"\xff\xfe", b'{"features": {}}', b"[" * 100_000])
def test_what_is_no_record_is_left_out_and_counted(payload: Payload, raw: bytes | None) -> None:
    rows = collect(payload("good"), raw).collected()

    assert (rows.rows, rows.left_out) == (1, 1)


@given(record=ANYTHING)
def test_no_record_ends_the_reading(record: object) -> None:
    import json

    rows = collect(json.dumps(record).encode()).collected()

    assert (rows.rows, rows.left_out) == (0, 1)


def test_accounts_are_established_from_the_contracts_count(payload: Payload) -> None:
    rows = collect(
        payload("a", history_count=ESTABLISHED_FROM - 1), payload("b", history_count=ESTABLISHED_FROM)
    ).collected()

    assert rows.established.tolist() == [False, True]


def test_canaries_teach_nothing(payload: Payload) -> None:
    canary = json.loads(payload("c", 9.0)) | {"account_id": "canary-1"}

    rows = collect(payload("a", 1.0), json.dumps(canary).encode()).collected()

    assert (rows.rows, rows.left_out) == (1, 0)
