"""Which of several labels stands, and which rows they judge."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.logged_features import FeatureCollector
from trainer.quality.known_labels import LabelCollector, labelled_rows, truth_of
from vigie_schemas import FEATURE_NAMES, LABEL_TRUST, Label

NOON_MS = 1_790_000_000_000


def label(transaction_id: str, source: str, *, is_fraud: bool = True, scenario: str | None = "burst") -> Label:
    return Label(
        schema_version=1,
        transaction_id=transaction_id,
        account_id="acc-1",
        is_fraud=is_fraud,
        scenario=scenario,
        source=source,  # pyright: ignore
        labelled_at_ms=NOON_MS,
    )


def collected(*labels: Label) -> dict[str, Label]:
    collector = LabelCollector()
    for each in labels:
        collector.add(each.model_dump_json().encode())
    return collector.collected()


@given(st.lists(st.tuples(st.sampled_from(sorted(LABEL_TRUST)), st.booleans()), min_size=1, max_size=12))
def test_the_last_label_of_the_most_trusted_source_stands(said: list[tuple[str, bool]]) -> None:
    known = collected(*(label("tx-1", source, is_fraud=is_fraud) for source, is_fraud in said))

    trusted = next(source for source in ("analyst", "dataset", "generator") if source in dict(said))
    last = [is_fraud for source, is_fraud in said if source == trusted][-1]
    assert (known["tx-1"].source, known["tx-1"].is_fraud) == (trusted, last)


@pytest.mark.parametrize("raw", [None, b"", b"no json", b"{}", b'{"transaction_id": "tx-1", "is_fraud": true}'])
def test_what_is_no_label_is_counted_and_changes_nothing(raw: bytes | None) -> None:
    collector = LabelCollector()
    collector.add(label("tx-1", "generator").model_dump_json().encode())

    collector.add(raw)

    assert (list(collector.collected()), collector.unreadable) == (["tx-1"], 1)


def test_labels_find_their_rows_in_order_of_time(payload: Callable[..., bytes]) -> None:
    collector = FeatureCollector()
    features = dict.fromkeys(FEATURE_NAMES, 0.0)
    for name, at, amount in (("late", 3, 30.0), ("unknown", 2, 1.0), ("early", 1, 10.0)):
        values = features | {"amount_log": float(np.log1p(amount))}
        collector.add(payload(name, timestamp_ms=NOON_MS + at, account_id=f"of-{name}", features=values))
    labels = collected(
        label("early", "analyst", is_fraud=False, scenario="burst"), label("late", "generator"), label("x", "dataset")
    )

    evaluated, rows = labelled_rows(collector.collected(), labels)

    assert rows.tolist() == [2, 0]
    assert evaluated.label is not None
    assert evaluated.label.tolist() == [0, 1]
    assert evaluated.scenario.tolist() == [
        None,
        "burst",
    ]  # an ordinary row is of no kind of fraud, whatever its label says
    assert evaluated.account.tolist() == ["of-early", "of-late"]
    assert evaluated.amount_eur == pytest.approx([10.0, 30.0])


def test_rows_nobody_named_are_judged_by_no_label(payload: Callable[..., bytes]) -> None:
    collector = FeatureCollector()
    collector.add(payload("tx-1"))

    evaluated, rows = labelled_rows(collector.collected(), {})

    assert (evaluated.rows, rows.tolist(), evaluated.has_both_classes) == (0, [], False)


HOUR_MS = 3_600_000


def truth_by(payload: Callable[..., bytes], labels: dict[str, Label], *sources: str, now_ms: int) -> list[float]:
    """Of five rows an hour apart, tx-0 at noon."""
    collector = FeatureCollector()
    for number in range(5):
        collector.add(payload(f"tx-{number}", timestamp_ms=NOON_MS + number * HOUR_MS))
    return truth_of(collector.collected(), labels, sources, now_ms).tolist()  # pyright: ignore


def known_after(
    transaction_id: str, hours: float, source: str = "dataset", *, is_fraud: bool = True
) -> dict[str, Label]:
    sent_ms = NOON_MS + int(transaction_id[-1]) * HOUR_MS
    said = label(transaction_id, source, is_fraud=is_fraud)
    return {transaction_id: said.model_copy(update={"labelled_at_ms": sent_ms + int(hours * HOUR_MS)})}


def test_without_a_label_a_row_is_sound_once_a_label_would_have_come(payload: Callable[..., bytes]) -> None:
    labels = known_after("tx-1", hours=2)

    truth = truth_by(payload, labels, "dataset", now_ms=NOON_MS + 5 * HOUR_MS)

    assert truth[:4] == [0, 1, 0, 0]
    assert np.isnan(truth[4])


def test_without_a_known_fraud_only_what_was_labelled_is_known(payload: Callable[..., bytes]) -> None:
    labels = known_after("tx-1", hours=2, is_fraud=False)

    truth = truth_by(payload, labels, "dataset", now_ms=NOON_MS + 500 * HOUR_MS)

    assert truth[1] == 0
    assert np.isnan(truth).sum() == 4


def test_only_the_chosen_sources_teach(payload: Callable[..., bytes]) -> None:
    labels = known_after("tx-1", 1) | known_after("tx-2", 1, "generator") | known_after("tx-3", 1, "analyst")

    truth = truth_by(payload, labels, "dataset", "analyst", now_ms=NOON_MS + 500 * HOUR_MS)

    assert truth == [0, 1, 0, 1, 0]
    assert np.isnan(truth_by(payload, labels, now_ms=NOON_MS + 500 * HOUR_MS)).all()
