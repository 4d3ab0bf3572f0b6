"""A mapping applied: each row is a transaction that the contract takes, or is left out with the first reason."""

import csv
import io
from collections.abc import Mapping as Columns
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie_intake.conversion import Converter
from vigie_intake.fields.records import records_batch, records_schema
from vigie_intake.fields.tally import IntakeTally
from vigie_intake.mapping import Amount, Drop, LabelWords, Mapping, Name, Number, Text, Timestamp
from vigie_intake.mapping_file import own_columns_mapping
from vigie_intake.rows import LEFT_OUT_SCHEMA, ROW_SCHEMA, Converted, LeftOut
from vigie_runtime import InputError
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_schemas import EUR_PER_UNIT, SCHEMA_VERSION, Transaction

KEYED = Pseudonyms("q0VhYkC3sQm1n8yR5tWz7uXb2pLd4eFg")
NOON_MS = 1_706_704_496_000
DAY_MS = 1_706_659_200_000
BROKEN = object()
CARD = "4111 1111 1111 1111"

CASES: dict[str, list[tuple[str | None, Any]]] = {
    "account_id": [
        *(("C1", "C1"), (CARD, KEYED.of(CARD)), ("Ana Lima", KEYED.of("Ana Lima")), (" C2 ", "C2")),
        *((None, BROKEN), ("4,1E+15", BROKEN)),
    ],
    "ts": [
        *(("2024-01-31 12:34:56", NOON_MS), ("2024-01-31", DAY_MS), ("20240131T123456Z", NOON_MS)),
        *((None, BROKEN), ("2024-02-30", BROKEN), ("31.01.2024", BROKEN), ("1999-01-01", BROKEN)),
    ],
    "amount": [("12.50", 12.5), ("€12.50", 12.5), ("0", BROKEN), ("-3", BROKEN), (None, BROKEN), ("12,50", BROKEN)],
    "currency": [("EUR", "EUR"), (None, "EUR"), ("XXX", BROKEN), ("eur", BROKEN)],
    "transaction_id": [("t-1", "t-1"), (None, None), (CARD, KEYED.hidden(CARD, "tx-")), ("1E+10", BROKEN)],
    "merchant_id": [("Café", "Café"), (CARD, KEYED.of(CARD)), (None, None), ("x" * 129, BROKEN)],
    "category": [("food", "food"), (None, None), (CARD, BROKEN), ("x" * 129, BROKEN)],
    "country": [("FR", "FR"), (None, None), ("FRA", BROKEN), ("fr", BROKEN)],
    "lat": [("48.9", 48.9), (None, None), ("nan", None), ("91", BROKEN), ("x", BROKEN), ("inf", BROKEN)],
    "lon": [("2.3", 2.3), (None, None), ("-181", BROKEN)],
    "channel": [("card", "card"), (None, None), (CARD, BROKEN), ("x" * 129, BROKEN)],
    "device_id": [("dev-1", "dev-1"), (CARD, KEYED.of(CARD)), (None, None), ("x" * 129, BROKEN)],
    "payee_id": [("Ana Lima", "Ana Lima"), (CARD, KEYED.of(CARD)), (None, None), ("x" * 129, BROKEN)],
    "direction": [("out", "out"), (None, None), ("OUT", BROKEN), ("debit", BROKEN)],
    "ip_country": [("FR", "FR"), (None, None), ("FRA", BROKEN)],
    "card_present": [("yes", True), ("FALSE", False), ("1", True), (None, None), ("perhaps", BROKEN)],
    "label": [("1", 1), ("0", 0), (None, None), ("2", BROKEN)],
    "scenario": [("stolen", "stolen"), (None, None)],
}
ORDER = {
    "account_id": LeftOut.INVALID_ACCOUNT_ID,
    "ts": LeftOut.INVALID_TIMESTAMP,
    "amount": LeftOut.INVALID_AMOUNT,
    "currency": LeftOut.UNKNOWN_CURRENCY,
    "transaction_id": LeftOut.INVALID_TRANSACTION_ID,
    "merchant_id": LeftOut.INVALID_MERCHANT,
    "category": LeftOut.INVALID_CATEGORY,
    "country": LeftOut.INVALID_COUNTRY,
    "lat": LeftOut.INVALID_PLACE,
    "lon": LeftOut.INVALID_PLACE,
    "channel": LeftOut.INVALID_CHANNEL,
    "device_id": LeftOut.INVALID_DEVICE,
    "payee_id": LeftOut.INVALID_PAYEE,
    "direction": LeftOut.INVALID_DIRECTION,
    "ip_country": LeftOut.INVALID_IP_COUNTRY,
    "card_present": LeftOut.INVALID_CARD_PRESENT,
    "label": LeftOut.INVALID_LABEL,
}
# half of the fields of a row are as they should be, so that there are whole rows too
ROWS = st.lists(
    st.fixed_dictionaries({name: st.just(cases[0]) | st.sampled_from(cases) for name, cases in CASES.items()}),
    min_size=1,
    max_size=25,
)


def no_key() -> Pseudonyms:
    raise AssertionError("asked for a key that nothing needs")


def convert(mapping: Mapping, columns: Columns[str, Any], first_row: int = 0) -> Converted:
    batch = pa.record_batch(columns)
    return Converter(mapping, batch.schema, pseudonyms=lambda: KEYED).convert(batch, first_row)


def own(columns: Columns[str, Any]) -> Mapping:
    mapping = own_columns_mapping(pa.record_batch(columns).schema)
    assert mapping is not None
    return mapping


def validated(row: dict[str, Any]) -> Transaction:
    record = {name: value for name, value in row.items() if name not in ("row", "label", "scenario")}
    return Transaction.model_validate(
        {"schema_version": SCHEMA_VERSION, **record, "transaction_id": record["transaction_id"] or "made"}
    )


@given(ROWS, st.integers(0, 10**9))
def test_each_row_is_a_transaction_or_has_the_first_reason_why_not(
    rows: list[dict[str, tuple[str | None, Any]]], first_row: int
) -> None:
    columns = {name: pa.array([row[name][0] for row in rows], pa.string()) for name in CASES}
    converted = convert(own(columns), columns, first_row)

    accepted, refused = [], []
    for number, row in enumerate(rows, first_row):
        first = next((name for name in ORDER if row[name][1] is BROKEN), None)
        if first is None:
            values = {name: value for name, (_, value) in row.items()}
            is_fraud = values["label"] == 1
            values |= {"timestamp_ms": values.pop("ts"), "scenario": values["scenario"] if is_fraud else None}
            accepted.append({"row": number, **values})
        else:
            refused.append((number, ORDER[first].value, "timestamp" if first == "ts" else first))
    assert converted.rows.to_pylist() == [{name: row[name] for name in ROW_SCHEMA.names} for row in accepted]
    assert [tuple(each.values())[:3] for each in converted.left_out.to_pylist()] == refused
    for row in converted.rows.to_pylist():
        validated(row)


WILD = (
    st.none() | st.text(max_size=30) | st.from_regex(r"[0-9A-Za-z .,:€+-]{0,40}") | st.sampled_from([CARD, "1", "EUR"])
)


@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(CASES, WILD)), min_size=1, max_size=20))
def test_whatever_a_file_holds_nothing_is_accepted_that_the_contract_refuses(rows: list[dict[str, str | None]]) -> None:
    base = {"account_id": "C1", "ts": "2024-01-31 12:34:56", "amount": "1", "currency": "EUR"}
    columns = {name: pa.array([(base | row).get(name) for row in rows], pa.string()) for name in CASES}
    converted = convert(own(columns), columns)
    numbers = converted.rows.column("row").to_pylist() + converted.left_out.column("row").to_pylist()

    assert sorted(numbers) == list(range(len(rows)))
    assert converted.rows.schema == ROW_SCHEMA
    assert converted.left_out.schema == LEFT_OUT_SCHEMA
    for row in converted.rows.to_pylist():
        validated(row)
    for left_out in converted.left_out.to_pylist():
        assert LeftOut(left_out["reason"]).is_refusal


def test_what_says_that_it_came_in_is_left_out_and_no_fault() -> None:
    columns = {
        "account_id": ["C1"] * 4,
        "timestamp_ms": [NOON_MS] * 4,
        "amount": [1.0, 2.0, 3.0, 4.0],
        "direction": ["out", "in", None, "IN"],
    }
    converted = convert(own(columns), columns)

    assert converted.rows.column("direction").to_pylist() == ["out", None]
    assert [(each["row"], each["reason"]) for each in converted.left_out.to_pylist()] == [
        (1, "money_in"),
        (3, "invalid_direction"),
    ]


SAME = st.lists(
    st.fixed_dictionaries(
        {
            "when": st.integers(946_684_800, 4_102_444_799) | st.none(),
            "account": st.integers(0, 2**53 - 1) | st.none(),
            "paid": st.floats(-1e7, 1e7) | st.integers(-100, 100).map(float) | st.none(),
            "place": st.floats(-100, 100) | st.none(),
            "fraud": st.booleans() | st.none(),
            "shop": st.sampled_from(["a", "Café", CARD, " b", "", None]),
        }
    ),
    min_size=1,
    max_size=20,
)
SAME_MAPPING = Mapping(
    timestamp=Timestamp(column="when", format="seconds", zone="Europe/Paris"),
    account_id=Name(column="account"),
    amount=Amount(column="paid", out="negative"),
    lat=Number(column="place"),
    label=LabelWords(column="fraud"),
    merchant_id=Name(column="shop"),
    transaction_id=Text(columns=("account", "when"), join="-"),
)
TYPES = {
    "when": pa.int64(),
    "account": pa.int64(),
    "paid": pa.float64(),
    "place": pa.float64(),
    "fraud": pa.bool_(),
    "shop": pa.string(),
}


@given(SAME)
def test_the_same_rows_give_the_same_result_as_csv_parquet_and_records(rows: list[dict[str, Any]]) -> None:
    typed = {name: pa.array([row[name] for row in rows], kind) for name, kind in TYPES.items()}
    written = io.StringIO()
    csv.writer(written).writerows([[row[name] for name in TYPES] for row in rows])
    cells = list(zip(*csv.reader(io.StringIO(written.getvalue())), strict=True))
    texts = {
        name: pa.array([cell or None for cell in each], pa.string()) for name, each in zip(TYPES, cells, strict=True)
    }
    records = records_batch(rows, SAME_MAPPING.needed)

    expected = convert(SAME_MAPPING, typed)
    for found in (
        convert(SAME_MAPPING, texts),
        convert(SAME_MAPPING, dict(zip(records.schema.names, records, strict=True))),
    ):
        assert found.rows.equals(expected.rows)
        assert found.left_out.drop_columns("value").equals(expected.left_out.drop_columns("value"))


def test_batches_have_rows_of_the_whole_source_and_one_key_for_all() -> None:
    asked = []

    def pseudonyms() -> Pseudonyms:
        asked.append(1)
        return KEYED

    columns = {"ts": ["2024-01-31"] * 4, "account_id": [CARD, "a", CARD, "é"], "amount": [1.0, None, 3.0, 4.0]}
    batch = pa.record_batch(columns)
    converter = Converter(own(columns), batch.schema, pseudonyms=pseudonyms)
    first, second = converter.convert(batch.slice(0, 2), 0), converter.convert(batch.slice(2), 2)

    assert first.rows.column("row").to_pylist() == [0]
    assert first.left_out.column("row").to_pylist() == [1]
    assert second.rows.column("row").to_pylist() == [2, 3]
    assert asked == [1]


def test_no_key_is_made_where_no_name_needs_one() -> None:
    columns = {"ts": ["2024-01-31"], "account_id": ["C1"], "amount": ["1"], "merchant_id": ["Café"]}
    batch = pa.record_batch(columns)

    assert Converter(own(columns), batch.schema, pseudonyms=no_key).convert(batch, 0).rows.num_rows == 1


def test_what_is_no_fault_is_told_from_what_is_refused() -> None:
    columns = {
        "ts": ["2024-01-31", "never", "never", "2024-01-31"],
        "account_id": ["C1"] * 4,
        "amount": ["-1", "5", "-1", "x"],
        "state": ["done", "done", "Pending", "done"],
    }
    mapping = own(columns).model_copy(
        update={
            "amount": Amount(column="amount", out="negative"),
            "drop": (Drop(column="state", values=("PENDING",), reason="pending"),),
        }
    )
    converted = convert(mapping, columns)
    tally = IntakeTally()
    tally.add(converted)

    assert converted.left_out.to_pylist() == [
        {"row": 1, "reason": "money_in", "field": "amount", "value": "5"},
        {"row": 2, "reason": "dropped", "field": "pending", "value": "Pending"},
        {"row": 3, "reason": "invalid_amount", "field": "amount", "value": "x"},
    ]
    assert (tally.accepted, tally.refused, tally.only_day) == (1, 1, 1)


def test_values_of_refused_rows_tell_no_account_number_and_no_name() -> None:
    columns = {
        "ts": ["2024-01-31"] * 4,
        "account_id": ["4,11111E+15", "C1", "C1", "C1"],
        "amount": ["1", "1", "1", "DE89370400440532013000"],
        "merchant_id": ["a", "Ana Lima " * 20, "a", "a"],
        "category": ["a", "a", f"to {CARD}", "a"],
    }
    values = convert(own(columns), columns).left_out.column("value").to_pylist()

    assert values == ["4,…", "An…", "to…", "DE…"]


def test_a_place_of_a_row_has_one_sentence_in_the_tally() -> None:
    columns = {"ts": ["2024-01-31"] * 3, "account_id": ["C1"] * 3, "amount": ["1"] * 3, "country": ["DEU"] * 3}
    tally = IntakeTally()
    tally.add(convert(own(columns), columns, first_row=9))

    assert tally.none_left("x.csv").startswith(
        "None of the 3 rows of x.csv is a transaction to judge. "
        "3 rows are refused: invalid_country (such as row 10: 'DEU', row 11: 'DEU', row 12: 'DEU'): "
    )


TEXT = pa.string()
OWN = {"ts": TEXT, "account_id": TEXT, "amount": TEXT}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (
            pa.schema({"Amount": TEXT, "ts": TEXT}),
            r"^x.csv has no column account_id for account_id, amount for amount \(is Amount meant\?\)\. It has: Amount",
        ),
        (pa.schema([*OWN.items(), ("amount", TEXT)]), r"more than one column amount\. Rename one"),
        (pa.schema(OWN | {"account_id": pa.null()}), "no single value in column account_id"),
        (pa.schema(OWN | {"ts": pa.bool_()}), "Column ts of x.csv holds bool"),
        (pa.schema(OWN | {"amount": pa.timestamp("s")}), "from which amount cannot be read"),
        (pa.schema(OWN | {"account_id": pa.binary()}), "holds binary"),
        (pa.schema(OWN | {"account_id": pa.list_(TEXT)}), "holds list"),
    ],
)
def test_a_source_that_cannot_be_meant_is_refused_before_its_rows_are_read(schema: pa.Schema, words: str) -> None:
    mapping = Mapping(
        timestamp=Timestamp(column="ts"), account_id=Name(column="account_id"), amount=Amount(column="amount")
    )
    with pytest.raises(InputError, match=words):
        Converter(mapping, schema, pseudonyms=no_key, source="x.csv")


def test_columns_are_those_of_the_mapping_each_once() -> None:
    converter = Converter(SAME_MAPPING, records_schema(SAME_MAPPING.needed), pseudonyms=no_key)

    assert converter.columns == ("when", "account", "paid", "shop", "place", "fraud")


def test_currencies_are_those_that_have_a_rate() -> None:
    columns = {"ts": ["2024-01-31"] * 2, "account_id": ["C1"] * 2, "amount": ["1"] * 2, "currency": ["EUR", "QQQ"]}
    batch = pa.record_batch(columns)
    more = Converter(own(columns), batch.schema, pseudonyms=no_key, currencies=[*EUR_PER_UNIT, "QQQ"])

    assert convert(own(columns), columns).left_out.column("reason").to_pylist() == ["unknown_currency"]
    assert more.convert(batch, 0).left_out.num_rows == 0


def test_a_batch_without_rows_gives_none() -> None:
    columns = {name: pa.array([], pa.string()) for name in CASES}
    converted = convert(own(columns), columns)

    assert (converted.rows.num_rows, converted.left_out.num_rows) == (0, 0)
    assert (converted.rows.schema, converted.left_out.schema) == (ROW_SCHEMA, LEFT_OUT_SCHEMA)


def test_a_part_of_a_batch_is_read_as_the_same_rows_alone() -> None:
    rows = {name: [case[0] for case in cases] * 18 for name, cases in CASES.items()}
    columns = {name: pa.array(values[:36], pa.string()) for name, values in rows.items()}
    batch = pa.record_batch(columns)
    part = batch.slice(7, 20)
    alone = pa.RecordBatch.from_pydict(part.to_pydict(), schema=batch.schema)
    sliced, copied = (
        Converter(own(columns), batch.schema, pseudonyms=lambda: KEYED).convert(each, 7) for each in (part, alone)
    )

    assert sliced.rows.equals(copied.rows)
    assert sliced.left_out.equals(copied.left_out)


def test_a_row_whose_columns_are_all_empty_stays_a_row() -> None:
    mapping = Mapping(
        timestamp=Timestamp(columns=("day", "time")),
        account_id=Name(constant="mine"),
        amount=Amount(debit="out", credit="in"),
        merchant_id=Name(columns=("shop", "payee")),
    )
    columns: dict[str, Any] = {
        "day": ["2025-03-01", None, "2025-03-01"],
        "time": ["12:00:00", None, "12:00:01"],
        "out": ["1.5", None, None],
        "in": [None, None, None],
        "shop": [None, None, "a"],
        "payee": [None, None, None],
    }
    schema = {name: pa.array(values, pa.string()) for name, values in columns.items()}

    converted = convert(mapping, schema)

    assert converted.rows.column("row").to_pylist() == [0]
    assert converted.left_out.column("row").to_pylist() == [1, 2]
