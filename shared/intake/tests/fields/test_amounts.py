"""How much: marks, signs, currencies beside the number, money out and in, smallest units."""

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie_intake.fields.amounts import AmountReader, AmountVerdict
from vigie_intake.mapping import Amount

GERMAN = {"decimal": ",", "thousands": "."}


def verdict(columns: dict[str, Any], currency: str | None = "EUR", **part: Any) -> AmountVerdict:
    batch = pa.record_batch(columns)
    reader = AmountReader(Amount(**({"column": "a"} | part)))
    return reader.read(batch, pa.array([currency] * batch.num_rows, pa.string()))


def read(values: Any, type: pa.DataType | None = None, currency: str | None = "EUR", **part: Any) -> list[float | None]:
    return verdict({"a": pa.array(values, type)}, currency, **part).values.to_pylist()


@pytest.mark.parametrize(
    ("text", "marks", "amount"),
    [
        ("1234.56", {}, 1234.56),
        ("+1234.56", {}, 1234.56),
        (".5", {}, 0.5),
        ("5.", {}, 5.0),
        ("1.5e3", {}, 1500.0),
        ("1.234", {}, 1.234),
        ("1,234.56", {"thousands": ","}, 1234.56),
        ("1234.56", {"thousands": ","}, 1234.56),
        ("12,34,567.50", {"thousands": ","}, 1_234_567.5),
        ("1.234,56", GERMAN, 1234.56),
        ("1.234", GERMAN, 1234.0),
        ("1234,56", GERMAN, 1234.56),
        ("1.234.567,8", GERMAN, 1_234_567.8),
        ("1'234.50", {"thousands": "'"}, 1234.5),
        ("1\u2019234.50", {"thousands": "'"}, 1234.5),
        ("1 234,5", {"decimal": ",", "thousands": " "}, 1234.5),
        ("1\u00a0234,5", {"decimal": ",", "thousands": " "}, 1234.5),
        ("1\u202f234,5", {"decimal": ",", "thousands": " "}, 1234.5),
        ("12.50 €", {}, 12.5),
        ("€12.50", {}, 12.5),
        ("€ 12.50", {}, 12.5),
        ("EUR 12.50", {}, 12.5),
        ("12,50\u00a0EUR", GERMAN, 12.5),
        ("+ 12.50", {}, 12.5),
    ],
)
def test_numbers_are_read_by_the_marks_of_the_mapping(text: str, marks: dict[str, str], amount: float) -> None:
    assert read([text], **marks) == [amount]
    assert read([text] * 50, **marks) == [amount] * 50


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("1,234.56", {}),
        ("12,34", {"thousands": ","}),
        ("1,2345", {"thousands": ","}),
        ("1234,567.00", {"thousands": ","}),
        ("1.23.4", GERMAN),
        ("12.50", GERMAN),
        ("1 234.50", {}),
        ("12.50 $", {}),
        ("12.50 USD", {}),
        ("12.50 CR", {}),
        ("12.50 DBT", {}),
        ("EUR 12.50 USD", {}),
        ("0", {}),
        ("0.00", {}),
        ("-3", {}),
        ("", {}),
        ("nan", {}),
        ("inf", {}),
        ("1e400", {}),
        ("1000000000.01", {}),
        ("0x10", {}),
        ("1_000", {}),
        ("١٢", {}),
        ("twelve", {}),
        ("(12", {"out": "negative"}),
        ("(-12)", {"out": "negative"}),
        ("--12", {"out": "negative"}),
        ("-12-", {"out": "negative"}),
    ],
)
def test_what_is_no_amount_for_sure_is_refused(text: str, marks: dict[str, str]) -> None:
    found = verdict({"a": [text, "1"]}, **({"out": "all"} | marks))

    assert found.values.to_pylist()[0] is None
    assert found.broken.tolist()[0]
    assert not found.money_in[0]


@pytest.mark.parametrize(
    "text", ["-12.50", "12.50-", "(12.50)", "-€12.50", "€-12.50", "€ -12.50", "-12.50 EUR", "(€12.50)", "\u221212.50"]
)
def test_minus_is_read_in_all_its_forms(text: str) -> None:
    assert read([text], out="negative") == [12.5]
    assert read([text] * 50, out="negative") == [12.5] * 50
    assert verdict({"a": [text]}, out="positive").money_in.tolist() == [True]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["12.5", None], pa.string()),
        ([12.5, None], pa.float64()),
        ([12.5, float("nan")], pa.float32()),
        ([Decimal("12.50"), None], pa.decimal128(9, 2)),
        (["12.5", None], pa.dictionary(pa.int8(), pa.string())),
    ],
)
def test_every_type_of_column_is_read_and_a_gap_is_refused(values: list[Any], kind: pa.DataType) -> None:
    assert read(values, kind) == [12.5, None]


def test_a_short_float_is_what_its_digits_say() -> None:
    assert read([12.34], pa.float32()) == [12.34]


def test_signs_tell_money_out_from_money_in() -> None:
    values = {"a": ["-5", "7", "0", "x"]}
    negative, positive = verdict(values, out="negative"), verdict(values, out="positive")

    assert negative.values.to_pylist() == [5.0, None, None, None]
    assert negative.money_in.tolist() == [False, True, False, False]
    assert negative.broken.tolist() == [False, False, True, True]
    assert positive.values.to_pylist() == [None, 7.0, None, None]
    assert positive.money_in.tolist() == [True, False, False, False]


def test_words_tell_money_out_from_money_in_and_any_other_word_is_refused() -> None:
    columns = {"a": ["5", "5", "5", "-5", "x", "5"], "d": ["DBIT", "crdt", "?", "DBIT", "CRDT", None]}
    found = verdict(columns, out="column", direction="d", out_words=("dbit",), in_words=("CRDT",))

    assert found.values.to_pylist() == [5.0, None, None, None, None, None]
    assert found.money_in.tolist() == [False, True, False, False, True, False]
    assert found.broken.tolist() == [False, False, True, True, False, True]


def test_flags_can_be_the_direction() -> None:
    columns = {"a": [5.0, 6.0], "d": [True, False]}
    found = verdict(columns, out="column", direction="d", out_words=("true",), in_words=("false",))

    assert found.values.to_pylist() == [5.0, None]
    assert found.money_in.tolist() == [False, True]


def test_columns_of_money_out_and_in() -> None:
    columns = {
        "d": ["5,00", None, "0,00", "5", None, "-5", "x"],
        "c": [None, "7,00", "7", "7", None, None, "7"],
    }
    pair = {"column": None, "debit": "d", "credit": "c", "decimal": ","}
    plain, negative = verdict(columns, **pair), verdict(columns, **pair, out="negative")

    assert plain.values.to_pylist() == [5.0, None, None, None, None, None, None]
    assert plain.money_in.tolist() == [False, True, True, False, False, False, False]
    assert plain.broken.tolist() == [False, False, False, True, True, True, True]
    assert negative.values.to_pylist() == [None, None, None, None, None, 5.0, None]
    assert negative.money_in.tolist() == [True, True, True, False, False, False, False]


@pytest.mark.parametrize(("currency", "amount"), [("EUR", 12.34), ("JPY", 1234.0), ("KWD", 1.234), ("CLF", 0.1234)])
def test_smallest_units_are_those_of_the_currency(currency: str | None, amount: float | None) -> None:
    assert read([1234], currency=currency, unit="minor") == [amount]


def test_a_fraction_of_a_cent_tells_that_these_are_no_cents() -> None:
    assert read(["12.50", "1250.0"], unit="minor") == [None, 12.5]


@given(
    st.lists(st.decimals("0.01", 999_999_999, places=2), min_size=1, max_size=60),
    st.sampled_from(",.' "),
    st.booleans(),
)
def test_any_amount_comes_back_exactly(amounts: list[Decimal], mark: str, with_sign: bool) -> None:
    decimal = "," if mark == "." else "."
    texts = [f"{amount:,.2f}".replace(",", "_").replace(".", decimal).replace("_", mark) for amount in amounts]
    texts = [f"{text} €" if with_sign else text for text in texts]

    assert read(texts, decimal=decimal, thousands=mark) == [float(amount) for amount in amounts]


@given(st.lists(st.one_of(st.text(max_size=12), st.from_regex(r"[-+(€ ]{0,2}[0-9.,' ]{1,9}[-)€ ]{0,2}")), max_size=30))
def test_texts_that_look_alike_and_texts_read_alone_have_the_same_verdict(texts: list[str]) -> None:
    texts = [text for text in texts if text.isprintable()]
    for part in ({"out": "negative"}, {"out": "positive", **GERMAN}):
        alone = [read([text], pa.string(), **part)[0] for text in texts]
        assert read(texts * 40, pa.string(), **part) == alone * 40
