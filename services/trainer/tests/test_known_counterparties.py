"""What labels say of merchants and payees: in whatever order they come, corrected, and never before they are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.counterparties.known import (
    MAX_PAYMENTS,
    MAX_SOUND_PAYMENTS,
    KnownCounterparties,
    counterparties_at,
    inputs_at,
)
from vigie_schemas import FORGET_DAYS, CounterpartyLabels, Label
from vigie_schemas.label import LabelSource
from vigie_schemas.topics import DAY_MS

START_MS = 1_790_035_200_000
MERCHANT = "merchant-7"


def label(
    day: float,
    *,
    fraud: bool,
    known_after: float = 7,
    name: str | None = MERCHANT,
    transaction: str | None = None,
    source: LabelSource = "dataset",
) -> Label:
    at_ms = START_MS + round(day * DAY_MS)
    return Label(
        schema_version=1,
        transaction_id=transaction or f"t-{name}-{day}",
        account_id="acct-1",
        is_fraud=fraud,
        scenario=None,
        source=source,
        labelled_at_ms=at_ms + round(known_after * DAY_MS),
        timestamp_ms=at_ms,
        counterparty_id=name,
    )


def after(*labels: Label) -> CounterpartyLabels | None:
    known = KnownCounterparties()
    for one in labels:
        known.take(one)
    return known.of(MERCHANT)


def labels_of(*, run: int, fraud_day: float, sound_day: float | None) -> CounterpartyLabels:
    sound_ms = None if sound_day is None else START_MS + round(sound_day * DAY_MS)
    return CounterpartyLabels(fraud_run=run, last_fraud_ms=START_MS + round(fraud_day * DAY_MS), last_sound_ms=sound_ms)


def test_without_a_known_fraud_nothing_is_known() -> None:
    assert after() is None
    assert after(label(1, fraud=False), label(2, fraud=False)) is None


def test_frauds_in_a_row_are_counted_back_to_the_last_sound_payment() -> None:
    sound, first, second = label(1, fraud=False), label(2, fraud=True), label(3, fraud=True)

    assert after(first) == labels_of(run=1, fraud_day=2, sound_day=None)
    assert after(sound, first, second) == labels_of(run=2, fraud_day=3, sound_day=1)
    assert after(sound, first, second, label(4, fraud=False)) == labels_of(run=0, fraud_day=3, sound_day=4)


@given(st.permutations([(1, False), (2, True), (3, False), (4, True), (5, True)]))
def test_the_order_in_which_labels_come_changes_nothing(days: list[tuple[int, bool]]) -> None:
    found = after(label(0, fraud=True), *(label(day, fraud=fraud) for day, fraud in days))

    assert found == labels_of(run=2, fraud_day=5, sound_day=3)


def test_a_corrected_label_takes_back_what_the_first_one_said() -> None:
    wrong = label(2, fraud=True, transaction="t-1")
    known = KnownCounterparties()

    assert known.take(wrong) == MERCHANT
    assert known.take(wrong) is None  # a repeat
    assert known.take(label(2, fraud=False, transaction="t-1", source="analyst")) == MERCHANT
    assert known.of(MERCHANT) is None
    assert known.take(wrong) is None  # a file is not trusted over a person
    assert known.of(MERCHANT) is None


@pytest.mark.parametrize("missing", [{"counterparty_id": None}, {"counterparty_id": ""}, {"timestamp_ms": None}])
def test_a_label_that_does_not_say_whom_or_when_says_nothing(missing: dict[str, object]) -> None:
    known = KnownCounterparties()

    assert known.take(label(1, fraud=True).model_copy(update=missing)) is None
    assert known.of(MERCHANT) is None
    assert known.of(None) is None


def test_memory_is_bounded() -> None:
    known = KnownCounterparties()
    for day in range(200):
        known.take(label(day, fraud=False, name="sound"))
        known.take(label(day, fraud=True, name="fraud"))

    assert len(known._payments["sound"]) == MAX_SOUND_PAYMENTS
    assert len(known._payments["fraud"]) == MAX_PAYMENTS


def test_the_least_lately_labelled_counterparty_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.counterparties.known.MAX_COUNTERPARTIES", 2)
    known = KnownCounterparties()
    for day, name in enumerate(("a", "b", "a", "c")):
        known.take(label(day, fraud=True, name=name))

    assert [known.of(name) is not None for name in ("a", "b", "c")] == [True, False, True]


def test_inputs_are_days_at_the_time_of_the_payment() -> None:
    known = labels_of(run=25, fraud_day=3, sound_day=1)
    at = [START_MS + round(day * DAY_MS) for day in (10.5, 2, 3 + FORGET_DAYS)]

    assert inputs_at([known, known, known, None], [*at, START_MS]).tolist() == [
        [10, 7.5, 9.5],
        [10, 0, 1],  # it came late: made before the fraud that is known meanwhile
        [0, FORGET_DAYS, FORGET_DAYS],
        [0, FORGET_DAYS, FORGET_DAYS],
    ]
    never_sound = labels_of(run=1, fraud_day=3, sound_day=None)
    long_ago = labels_of(run=1, fraud_day=300, sound_day=1)
    assert inputs_at([never_sound], [at[0]]).tolist() == [[1, 7.5, FORGET_DAYS]]
    assert inputs_at([long_ago], [START_MS + 301 * DAY_MS]).tolist() == [[1, 1, FORGET_DAYS]]


payments = st.lists(
    st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 40), st.booleans(), st.integers(-2, 30)),
    max_size=25,
)


@given(payments, st.integers(0, 40))
def test_a_row_knows_what_had_been_said_before_it_and_no_more(
    given_labels: list[tuple[str | None, int, bool, int]], changed_from: int
) -> None:
    """Labels that come at a day or later may say anything: what rows up to that day know stays the same."""
    rows = [(name, START_MS + day * DAY_MS) for name, day, _, _ in given_labels]
    names, times = [name for name, _ in rows], np.array([at for _, at in rows], dtype=np.int64)

    def said(flip_from: int) -> list[Label]:
        return [
            label(
                day,
                fraud=fraud != (max(day, day + delay) >= flip_from),
                known_after=delay,
                name=name,
                transaction=f"t-{number}",
            )
            for number, (name, day, fraud, delay) in enumerate(given_labels)
        ]

    known, known_otherwise = (counterparties_at(names, times, said(day)) for day in (1_000, changed_from))

    for (_, at), one, other in zip(rows, known, known_otherwise, strict=True):
        if at <= START_MS + changed_from * DAY_MS:
            assert one == other


def test_rows_in_any_order_have_what_was_known_then() -> None:
    times = np.array([START_MS + day * DAY_MS for day in (20, 5, 12)], dtype=np.int64)
    labels = [label(1, fraud=True), label(9, fraud=True), label(4, fraud=True, name="another")]

    assert counterparties_at([MERCHANT, MERCHANT, MERCHANT], times, labels) == [
        labels_of(run=2, fraud_day=9, sound_day=None),
        None,
        labels_of(run=1, fraud_day=1, sound_day=None),
    ]
    assert counterparties_at([], times, labels) == []
