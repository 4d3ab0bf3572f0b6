"""What came of the rows: counts, examples and the sentences that errors and reports show."""

import pyarrow as pa
import pytest

from vigie_intake.fields.tally import HOW, IntakeTally
from vigie_intake.rows import LEFT_OUT_SCHEMA, ROW_SCHEMA, Converted, LeftOut

DAY_MS = 1_706_659_200_000


def converted(left_out: list[tuple[int, str, str, str | None]], times: list[int] | None = None) -> Converted:
    rows = [
        {
            "row": row,
            "account_id": "a",
            "timestamp_ms": time,
            "amount": 1.0,
            "currency": "EUR",
            "label": row % 2 or None,
        }
        for row, time in enumerate(times or [])
    ]
    out = [dict(zip(LEFT_OUT_SCHEMA.names, each, strict=True)) for each in left_out]
    return Converted(
        pa.RecordBatch.from_pylist(rows, schema=ROW_SCHEMA), pa.RecordBatch.from_pylist(out, schema=LEFT_OUT_SCHEMA)
    )


def test_rows_are_added_up_over_batches_with_the_first_three_examples() -> None:
    tally = IntakeTally()
    tally.add(converted([(row, "invalid_country", "country", "DEU") for row in range(1, 3)], [DAY_MS, DAY_MS + 1]))
    tally.add(converted([(row, "invalid_country", "country", None) for row in range(4, 1000)]))

    assert (tally.rows, tally.accepted, tally.refused, tally.only_day, tally.labelled) == (1000, 2, 998, 1, 1)
    assert tally.sentences() == [
        "998 rows are refused: invalid_country (such as row 2: 'DEU', row 3: 'DEU', row 5: no value): "
        "two capital letters of ISO 3166 are needed; translate others with the mapping's country.values."
    ]


def test_what_is_no_fault_comes_last_and_is_not_counted_as_refused() -> None:
    tally = IntakeTally()
    tally.add(
        converted(
            [
                (0, "money_in", "amount", "12.50"),
                (1, "dropped", "pending", "PENDING"),
                (2, "dropped", "a repeat", "DUPLICATE"),
                (3, "money_in", "amount", "1.00"),
                (4, "invalid_amount", "amount", "x"),
            ]
        )
    )

    assert tally.refused == 1
    assert [sentence.split(" (")[0] for sentence in tally.sentences()] == [
        "1 row is refused: invalid_amount",
        "2 rows are money that came in, which is not judged",
        "1 row is left out as the mapping says: pending",
        "1 row is left out as the mapping says: a repeat",
    ]
    assert tally.as_dict()["left_out"] == [
        {"reason": "invalid_amount", "rows": 1, "examples": [{"row": 5, "field": "amount", "value": "x"}]},
        {
            "reason": "money_in",
            "rows": 2,
            "examples": [
                {"row": 1, "field": "amount", "value": "12.50"},
                {"row": 4, "field": "amount", "value": "1.00"},
            ],
        },
        {
            "reason": "dropped",
            "why": "pending",
            "rows": 1,
            "examples": [{"row": 2, "field": "pending", "value": "PENDING"}],
        },
        {
            "reason": "dropped",
            "why": "a repeat",
            "rows": 1,
            "examples": [{"row": 3, "field": "a repeat", "value": "DUPLICATE"}],
        },
    ]


def test_an_error_says_why_nothing_is_left() -> None:
    tally = IntakeTally()
    assert tally.none_left("x.csv") == "x.csv has no rows. Give a file with transactions."
    tally.add(converted([(row, "unknown_currency", "currency", "TZS") for row in range(6000)]))

    assert tally.none_left("x.csv").startswith(
        "None of the 6,000 rows of x.csv is a transaction to judge. "
        "6,000 rows are refused: unknown_currency (such as row 1: 'TZS', row 2: 'TZS', row 3: 'TZS'): "
    )


@pytest.mark.parametrize("reason", [reason for reason in LeftOut if reason.is_refusal])
def test_every_refusal_says_what_to_do(reason: LeftOut) -> None:
    assert HOW[reason]
