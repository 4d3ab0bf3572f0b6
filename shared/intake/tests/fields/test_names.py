"""Names: pseudonyms where needed, one name for one account, and no account number in any field."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie_intake.fields.account_numbers import may_be_account_number
from vigie_intake.fields.names import NameReader
from vigie_intake.fields.verdicts import FieldVerdict
from vigie_intake.fields.words import CurrencyReader, IdReader, TruthReader, WordReader, category, country, scenario
from vigie_intake.mapping import LabelWords, Name, Text
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_schemas.account_numbers import is_account_number

KEYED = Pseudonyms("q0VhYkC3sQm1n8yR5tWz7uXb2pLd4eFg")
CARD = "4111111111111111"
IBAN = "DE89370400440532013000"
NUMBERS = (CARD, "4111 1111 1111 1111", "4111-1111-1111-1111", "PAN:4111111111111111", IBAN, IBAN.lower())
SPELLINGS = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"[0-9]{13,19}", fullmatch=True),
    st.from_regex(r"[A-Za-z]{0,4}[ :]?([0-9]{4}[ .:/-]?){3,5}", fullmatch=True),
    st.sampled_from(NUMBERS).map(lambda number: f"to {number}!"),
    st.uuids().map(str),
)


def no_key() -> Pseudonyms:
    raise AssertionError("asked for a key that nothing needs")


def names(
    values: Any, *, is_account: bool, pseudonyms: Callable[[], Pseudonyms] = lambda: KEYED, **part: Any
) -> FieldVerdict:
    batch = pa.record_batch({"n": values})
    return NameReader(Name(**({"column": "n"} | part)), pseudonyms, is_account=is_account).read(batch)


@pytest.mark.parametrize("name", ["C568", "acct-7f3a", "a@b:c.d", "2024-01-15"])
def test_names_that_the_contract_takes_are_kept_and_no_key_is_made(name: str) -> None:
    assert names([f" {name}"], is_account=True, pseudonyms=no_key).values.to_pylist() == [name]


@pytest.mark.parametrize("name", [*NUMBERS, "two words", "é", "x" * 65, "1234567890123"])
def test_accounts_that_need_it_get_their_pseudonym(name: str) -> None:
    assert names([name], is_account=True).values.to_pylist() == [KEYED.of(name)]


def test_the_spellings_of_one_number_are_one_account() -> None:
    assert len(set(names(NUMBERS[:4], is_account=True).values.to_pylist())) == 1
    assert len(set(names(NUMBERS[4:], is_account=False).values.to_pylist())) == 1


def test_a_receiver_keeps_a_name_that_tells_no_account_number() -> None:
    found = names(["Café de la Gare", CARD, None, "x" * 128, "x" * 129], is_account=False)

    assert found.values.to_pylist() == ["Café de la Gare", KEYED.of(CARD), None, "x" * 128, None]
    assert found.broken.tolist() == [False, False, False, False, True]


def test_every_name_is_hidden_where_the_mapping_says_so() -> None:
    found = names(["Ana Lima", "C1", None], is_account=False, pseudonym="always").values.to_pylist()

    assert found == [KEYED.hidden("Ana Lima"), KEYED.hidden("C1"), None]


@pytest.mark.parametrize("name", ["4.11111E+15", "4,1E+15", "1E+10"])
def test_a_number_that_a_spreadsheet_rounded_is_no_name(name: str) -> None:
    assert names([name], is_account=True).broken.tolist() == [True]
    assert names([name], is_account=False).broken.tolist() == [True]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([7, None], pa.int64()),
        pa.array([7.0, None], pa.float64()),
        pa.array([7.0, float("nan")], pa.float64()),
        pa.array(["7", None]),
        pa.array(["7.0", ""]),
        pa.array(["7", None]).dictionary_encode(),
        pa.array([7, None], pa.decimal128(10, 2)),
    ],
)
def test_whole_numbers_are_names_however_their_tool_wrote_them(column: pa.Array) -> None:
    found = names(column, is_account=True)

    assert found.values.to_pylist() == ["7", None]
    assert found.broken.tolist() == [False, True]


def test_a_float_that_may_have_lost_its_last_digit_is_no_name() -> None:
    assert names(pa.array([2.0**53, 1e22]), is_account=True).values.to_pylist()[1] is None


def test_an_account_of_several_columns_needs_all_of_them() -> None:
    batch = pa.record_batch({"user": ["1", "1", None], "card": ["23", None, "4"]})
    part = Name(columns=("user", "card"), join="-")
    found = NameReader(part, no_key, is_account=True).read(batch)

    assert found.values.to_pylist() == ["1-23", None, None]
    assert found.broken.tolist() == [False, True, True]


def test_a_pattern_takes_its_group_and_words_are_translated() -> None:
    batch = pa.record_batch({"t": ["'es_food'", "'es_other'", "none", None]})
    part = Text(column="t", pattern="^'es_(.*)'$", values={"food": "groceries"}, default="?")

    assert WordReader(part, category).read(batch).values.to_pylist() == ["groceries", "other", "?", "?"]


def test_categories_hold_no_account_number() -> None:
    found = WordReader(Text(column="t"), category).read(pa.record_batch({"t": [*NUMBERS, "food", None, "x" * 129]}))

    assert found.values.to_pylist() == [*[None] * len(NUMBERS), "food", None, None]
    assert found.broken.tolist() == [*[True] * len(NUMBERS), False, False, True]


def test_a_scenario_shows_no_account_number() -> None:
    found = WordReader(Text(column="t"), scenario).read(pa.record_batch({"t": [CARD, "stolen card"]}))

    assert found.values.to_pylist() == ["41…", "stolen card"]


def test_countries_are_two_capitals_unless_the_mapping_translates() -> None:
    batch = pa.record_batch({"t": ["DE", "DEU", "de", "276", None, "NA"]})
    plain = WordReader(Text(column="t"), country).read(batch)
    translated = WordReader(Text(column="t", values={"DEU": "DE", "276": "DE"}), country).read(batch)

    assert plain.values.to_pylist() == ["DE", None, None, None, None, "NA"]
    assert plain.broken.tolist() == [False, True, True, True, False, False]
    assert translated.values.to_pylist() == ["DE", "DE", None, "DE", None, "NA"]


def test_currencies_need_a_rate() -> None:
    batch = pa.record_batch({"t": ["EUR", "XXX", "eur", None]})

    assert CurrencyReader(Text(column="t"), ["EUR"]).read(batch).broken.tolist() == [False, True, True, True]
    assert CurrencyReader(Text(column="t", default="EUR"), ["EUR"]).read(batch).broken.tolist()[-1] is False


def test_names_of_transactions_are_kept_or_hashed_the_same_each_time() -> None:
    uuid = "550e8400-e29b-41d4-a716-446655440000"
    batch = pa.record_batch({"t": ["a-1", uuid, "two words", CARD, None, "x" * 65, "4,1E+15"]})
    reader = IdReader(Text(column="t"), lambda: KEYED)
    found = reader.read(batch)
    values = found.values.to_pylist()

    assert values[:2] == ["a-1", uuid]
    assert len(values[2]) == 35
    assert values[3] == KEYED.hidden(CARD, "tx-")
    assert values[4] is None
    assert len({*values}) == len(values) - 1  # the last one is refused and has none either
    assert found.broken.tolist() == [False] * 6 + [True]
    assert reader.read(batch).values.to_pylist() == values


@pytest.mark.parametrize(
    ("column", "labels"),
    [
        (pa.array(["1", "0", "1.0", "0.0", "True", "FALSE", "", "nan", None]), [1, 0, 1, 0, 1, 0, None, None, None]),
        (pa.array([1, 0, None]), [1, 0, None]),
        (pa.array([1.0, 0.0, float("nan"), None]), [1, 0, None, None]),
        (pa.array([True, False, None]), [1, 0, None]),
    ],
)
def test_labels_are_read_by_their_words(column: pa.Array, labels: list[int | None]) -> None:
    found = label_reader(LabelWords(column="l")).read(pa.record_batch({"l": column}))

    assert found.values.to_pylist() == labels
    assert not found.broken.any()


def test_truths_are_read_by_their_words() -> None:
    reader = TruthReader("t", yes=("chip",), no=("online",), values=pa.bool_())

    found = reader.read(pa.record_batch({"t": ["Chip", "online", None, "", "true"]}))

    assert found.values.to_pylist() == [True, False, None, None, None]
    assert found.broken.tolist() == [False] * 4 + [True]


def test_any_other_label_is_refused() -> None:
    batch = pa.record_batch({"l": ["2", "-1", "0.5", "yes", "Fraud"]})
    own = LabelWords(column="l", fraud=("fraud",), legitimate=("YES",))

    assert label_reader(LabelWords(column="l")).read(batch).broken.all()
    assert label_reader(own).read(batch).values.to_pylist() == [None, None, None, 0, 1]


def label_reader(part: LabelWords) -> TruthReader:
    return TruthReader(part.column, yes=part.fraud, no=part.legitimate, values=pa.int8())


@given(st.lists(SPELLINGS, min_size=1, max_size=30))
def test_what_is_not_asked_holds_no_account_number(texts: list[str]) -> None:
    asked = may_be_account_number(pa.array(texts))

    assert not any(
        is_account_number(text) for text, is_asked in zip(texts, asked.tolist(), strict=True) if not is_asked
    )


def test_few_of_many_long_names_are_asked() -> None:
    digits = pa.array([str(4_000_000_000_000_000 + 37 * number) for number in range(1000)])
    dates = pa.array([str(20240101000000000 + number) for number in range(1000)])
    uuids = pa.array([f"550e8400-e29b-41d4-a716-{number:012x}" for number in range(1000)])

    assert 50 < may_be_account_number(digits).sum() < 150
    assert not may_be_account_number(dates).any()
    assert not may_be_account_number(uuids).any()
