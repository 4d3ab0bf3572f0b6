"""A path becomes transactions only where the mapping is certain; else one sentence says what to do."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vigie_intake.fields.tally import IntakeTally
from vigie_intake.mapping import Amount, Mapping, Name, Timestamp
from vigie_intake.preparing import parse_columns, prepare
from vigie_runtime import ConfigurationError, InputError
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_schemas import EUR_PER_UNIT

PSEUDONYMS = Pseudonyms("q0VhYkC3sQm1n8yR5tWz7uXb2pLd4eFg")
CARD = "4111111111111111"
IBAN = "DE89370400440532013000"


def rows_of(path: Path, tally: IntakeTally | None = None, **options: object) -> list[dict[str, object]]:
    prepared = prepare(path, **options)  # pyright: ignore[reportArgumentType]
    batches = prepared.batches(lambda: PSEUDONYMS, EUR_PER_UNIT, tally or IntakeTally())
    return [row for batch in batches for row in batch.to_pylist()]


def lines(path: Path, *text: str) -> Path:
    path.write_text("\n".join(text) + "\n")
    return path


def many(header: str, row: str, count: int = 40) -> list[str]:
    return [header, *(row.format(n=number, d=number % 27 + 1) for number in range(count))]


def test_a_row_that_ends_in_one_more_delimiter_does_not_shift(tmp_path: Path) -> None:
    text = many("ts,account_id,merchant_id,amount", "2025-03-{d:02d}T08:15:{n:02d}Z,a,shop,2{n}.53,")

    rows = rows_of(lines(tmp_path / "p.csv", *text))

    assert (rows[1]["account_id"], rows[1]["merchant_id"], rows[1]["amount"]) == ("a", "shop", 21.53)


def test_a_column_name_twice_is_not_taken_by_chance(tmp_path: Path) -> None:
    text = many("ts,account_id,amount,amount", "2025-03-{d:02d}T08:15:{n:02d}Z,a,1.5,99")

    with pytest.raises(InputError, match="amount#1"):
        rows_of(lines(tmp_path / "p.csv", *text))
    rows = rows_of(lines(tmp_path / "p.csv", *text), columns={"amount": "amount#2"})
    assert {row["amount"] for row in rows} == {99.0}


def test_the_currency_and_name_of_the_file_are_kept(tmp_path: Path) -> None:
    text = many("ts,account_id,amount,currency,transaction_id", "2025-03-{d:02d}T08:15:{n:02d}Z,a,1.5,USD,id-{n}")

    rows = rows_of(lines(tmp_path / "p.csv", *text))

    assert {row["currency"] for row in rows} == {"USD"}
    assert rows[3]["transaction_id"] == "id-3"


def test_dates_without_a_time_are_dates(tmp_path: Path) -> None:
    tally = IntakeTally()

    rows_of(lines(tmp_path / "p.csv", *many("ts,account_id,amount", "2025-03-{d:02d},a,1{n}.5")), tally)

    assert tally.only_day == tally.accepted == 40


def test_seconds_among_milliseconds_are_refused_not_dated_1970(tmp_path: Path) -> None:
    times = [1_740_787_200_123 + number * 60_000 for number in range(200)]
    times[50:54] = [time // 1000 for time in times[50:54]]
    pq.write_table(pa.table({"ts": times, "account_id": ["a"] * 200, "amount": [1.5] * 200}), tmp_path / "p.parquet")
    tally = IntakeTally()

    rows_of(tmp_path / "p.parquet", tally)

    assert (tally.accepted, tally.refused) == (196, 4)


def test_money_out_as_negative_is_told_or_asked_for(tmp_path: Path) -> None:
    text = many("ts,account_id,amount", "2025-03-{d:02d}T08:15:{n:02d}Z,a,-1{n}.50")
    text[5] = text[5].replace("-1", "1")
    path, tally = lines(tmp_path / "p.csv", *text), IntakeTally()

    rows = rows_of(path, tally)

    assert (len(rows), rows[0]["amount"], tally.refused) == (39, 10.5, 0)
    assert any("money out" in note.lower() for note in prepare(path).notes), prepare(path).notes
    with pytest.raises(InputError, match="Which sign is money out"):
        rows_of(path, columns={"amount": "amount"})


@pytest.mark.parametrize("spelling", [CARD, "4111-1111-1111-1111", "de89 3704 0044 0532 0130 00", f"PAN:{CARD}"])
def test_no_spelling_of_an_account_number_enters_a_transaction(tmp_path: Path, spelling: str) -> None:
    text = many("ts,account_id,merchant_id,amount", f"2025-03-{{d:02d}}T08:15:{{n:02d}}Z,{spelling},{spelling},1.5")

    (row, *_) = rows_of(lines(tmp_path / "p.csv", *text))

    assert str(row["account_id"]).startswith("acct-")
    assert str(row["merchant_id"]).startswith("acct-")


def test_what_no_profile_knows_is_not_guessed(tmp_path: Path) -> None:
    text = many("moment,who,how_much", "2025-03-{d:02d}T08:15:{n:02d}Z,a,1.5")

    with pytest.raises(InputError, match=r"moment, who, how_much.*vigie inspect p\.csv --out mapping\.toml"):
        rows_of(lines(tmp_path / "p.csv", *text))


def test_a_set_without_accounts_is_refused_with_the_reason(tmp_path: Path) -> None:
    header = ",".join(['"Time"', *(f'"V{number}"' for number in range(1, 29)), '"Amount"', '"Class"'])
    row = ",".join(["0", *["0.5"] * 28, "149.62", '"0"'])

    with pytest.raises(InputError, match="account"):
        rows_of(lines(tmp_path / "creditcard.csv", header, row, row))


def test_a_mapping_of_a_person_comes_before_all(tmp_path: Path) -> None:
    mapping = Mapping(
        timestamp=Timestamp(column="moment"), account_id=Name(constant="mine"), amount=Amount(column="how_much")
    )
    text = many("moment,who,how_much", "2025-03-{d:02d}T08:15:{n:02d}Z,a,1.5")

    assert {row["account_id"] for row in rows_of(lines(tmp_path / "p.csv", *text), mapping=mapping)} == {"mine"}


def test_the_same_rows_are_the_same_in_every_format(tmp_path: Path) -> None:
    text = many("ts,account_id,amount,label", "2025-03-{d:02d}T08:15:{n:02d}Z,a-{n},1{n}.55,0")
    csv = lines(tmp_path / "p.csv", *text)
    (tmp_path / "p.csv.gz").write_bytes(gzip.compress(csv.read_bytes()))
    cells = [line.split(",") for line in text]
    columns = {name: [row[place] for row in cells[1:]] for place, name in enumerate(cells[0])}
    numbers = columns | {"amount": [float(value) for value in columns["amount"]], "label": [0] * 40}
    pq.write_table(pa.table(numbers), tmp_path / "p.parquet")
    keyed = (dict(zip(cells[0], row, strict=True)) for row in cells[1:])
    lines(tmp_path / "p.jsonl", *(str(each).replace("'", '"') for each in keyed))
    folder = tmp_path / "written"
    (folder / "day=1").mkdir(parents=True)
    (folder / "_SUCCESS").touch()
    (folder / "day=1" / "part-00000.csv").write_bytes(csv.read_bytes())

    found = [rows_of(tmp_path / name) for name in ("p.csv", "p.csv.gz", "p.parquet", "p.jsonl", "written")]

    assert len(found[0]) == 40
    assert all(rows == found[0] for rows in found[1:])


def test_columns_are_given_as_ours_and_theirs() -> None:
    assert parse_columns(["ts=when", "amount=a=b"]) == {"ts": "when", "amount": "a=b"}
    for wrong in ("ts", "ts=", "when=ts"):
        with pytest.raises(ConfigurationError, match="OURS=THEIRS"):
            parse_columns([wrong])


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_that_all_lie_on_the_hour_tell_only_the_day_in_every_format(tmp_path: Path, unit: str) -> None:
    csv = lines(tmp_path / "p.csv", *many("ts,account_id,amount", "2025-03-{d:02d}T08:00:00Z,a,1{n}.5", 200))
    hours = pa.array([1_740_787_200 + number * 3_600 for number in range(200)], pa.int64())
    times = hours.cast(pa.timestamp("s", "UTC")).cast(pa.timestamp(unit, "UTC"))
    table = pa.table({"ts": times, "account_id": ["a"] * 200, "amount": [1.5] * 200})
    pq.write_table(table, tmp_path / "p.parquet")

    for path in (csv, tmp_path / "p.parquet"):
        tally = IntakeTally()
        rows_of(path, tally)
        assert tally.only_day == 200
