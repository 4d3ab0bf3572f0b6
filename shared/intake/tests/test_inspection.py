"""Files inspected by the real reader and the real converter: what is read, shown, refused and asked."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vigie_intake.inspecting.columns import Column
from vigie_intake.inspecting.places import HEAD_ROWS, MIN_JUMPED_BYTES, PLACE_ROWS, PLACES
from vigie_intake.inspecting.showing import view_of
from vigie_intake.inspection import Inspection, inspect
from vigie_intake.mapping import Amount, Layout, Mapping, Name, Text, Timestamp
from vigie_intake.mapping_file import mapping_of_text, mapping_text
from vigie_runtime import InputError

IBAN = "DE89370400440532013000"
CARD = "4111111111111111"
HEADER = "created_at,account,amount,payee,category\n"
FAR = 40_000  # row from which the large file is written otherwise


def written(folder: Path, text: str, name: str = "payments.csv", encoding: str = "utf-8") -> Path:
    file = folder / name
    file.write_bytes(text.encode(encoding))
    return file


def row(number: int, amount: str = "12.50") -> str:
    return (
        f"2024-01-{number % 28 + 1:02d} 10:{number % 60:02d}:07,a{number % 7},{amount},Erika Mustermann {number},food\n"
    )


def large_file(folder: Path) -> Path:
    """More than is jumped over, whose amounts have a comma from some row on."""
    file = folder / "large.csv"
    number = 0
    with file.open("w", encoding="utf-8") as out:
        out.write(HEADER)
        while out.tell() < MIN_JUMPED_BYTES + 1_000_000:
            out.writelines(row(number + step, "12.50" if number < FAR else '"12,50"') for step in range(1_000))
            number += 1_000
    return file


def refused(inspection: Inspection) -> dict[str, int]:
    assert inspection.trial is not None
    return {group.reason.value: group.rows for group in inspection.trial.left_out if group.reason.is_refusal}


def test_a_small_file_is_read_as_a_whole(tmp_path: Path) -> None:
    inspection = inspect(written(tmp_path, HEADER + "".join(map(row, range(10)))))
    assert (inspection.name, inspection.kind) == ("payments.csv", "CSV")
    assert (inspection.sample.rows, inspection.sample.is_whole, inspection.sample.is_estimate) == (10, True, False)
    assert inspection.sample.read == "all 10 rows"
    assert refused(inspection) == {}


def test_what_was_found_out_about_the_file_is_told(tmp_path: Path) -> None:
    text = "Konto;Datum;Betrag;Empfänger\n" + "".join(
        f"{IBAN};{day:02d}.01.2024;-{day},50;Café\n" for day in range(1, 29)
    )
    inspection = inspect(written(tmp_path, text, encoding="cp1252"))
    found = {finding.setting: finding.value for finding in inspection.findings}
    assert (found["encoding"], found["delimiter"]) == ("cp1252", ";")
    assert inspection.mapping is not None
    assert (inspection.mapping.amount.decimal, inspection.mapping.amount.out) == (",", "negative")


def test_a_large_file_is_read_in_a_few_places_and_its_rows_are_estimated(tmp_path: Path) -> None:
    file = large_file(tmp_path)
    inspection = inspect(file)
    rows = file.read_bytes().count(b"\n") - 1
    assert inspection.sample.is_estimate
    assert inspection.sample.rows == pytest.approx(rows, rel=0.05)
    assert inspection.sample.table.num_rows <= HEAD_ROWS + len(PLACES) * PLACE_ROWS
    assert len(inspection.sample.places) == 1 + len(PLACES)


def test_what_is_wrong_only_further_on_is_found_and_told_where(tmp_path: Path) -> None:
    inspection = inspect(large_file(tmp_path), layout=Layout())
    assert inspection.trial is not None
    assert refused(inspection) == {"invalid_amount": 4 * PLACE_ROWS}
    examples = inspection.trial.left_out[0].examples
    assert examples[0].startswith("near ")
    assert "12,50" in examples[0]
    assert inspection.proposal is not None
    assert any("decimal comma" in note for note in inspection.proposal.notes)


def test_examples_of_refused_rows_have_their_number_and_their_value(tmp_path: Path) -> None:
    text = HEADER + "".join(map(row, range(10))) + row(10, "n/a") + row(11, "12.5.0")
    inspection = inspect(written(tmp_path, text))
    assert inspection.trial is not None
    group = inspection.trial.left_out[0]
    assert (group.reason, group.field, group.rows) == ("invalid_amount", "amount", 2)
    assert group.examples == ("row 11: n/a", "row 12: 12.5.0")
    assert group.advice


@pytest.mark.parametrize("group", [8_000, 40_000])
def test_further_places_of_parquet_are_read(tmp_path: Path, group: int) -> None:
    rows = 40_000
    table = pa.table(
        {
            "ts": pa.array(range(1_704_067_200_000, 1_704_067_200_000 + rows), pa.timestamp("ms", "UTC")),
            "account_id": [f"a{number % 9}" for number in range(rows)],
            "amount": [1.5 if number < 20_000 else -1.5 for number in range(rows)],
            "place": [{"lat": 1.0, "lon": 2.0}] * rows,
        }
    )
    pq.write_table(table, tmp_path / "payments.parquet", row_group_size=group)
    inspection = inspect(tmp_path / "payments.parquet")
    assert (inspection.sample.rows, inspection.sample.is_estimate) == (rows, False)
    assert len(inspection.sample.places) > 2
    assert inspection.proposal is not None
    assert "sign" in {one.key for one in inspection.proposal.questions}
    assert "place.lat" in {column.name for column in inspection.columns}


def test_further_places_of_json_lines_are_read(tmp_path: Path) -> None:
    file = tmp_path / "payments.jsonl"
    line = {
        "event": {"time": "2024-01-05T10:00:01Z", "amount": {"value": "12.50", "currency": "EUR"}},
        "customer": {"id": "c1"},
    }
    with file.open("w", encoding="utf-8") as out:
        while out.tell() < MIN_JUMPED_BYTES + 100_000:
            out.write(f"{json.dumps(line)}\n" * 1_000)
    inspection = inspect(file)
    assert len(inspection.sample.places) == 1 + len(PLACES)
    assert inspection.mapping is None or inspection.mapping.timestamp.column == "event.time"


def test_a_folder_is_read_in_some_of_its_parts(tmp_path: Path) -> None:
    for day in range(1, 10):
        part = tmp_path / "payments" / f"date=2024-01-{day:02d}"
        part.mkdir(parents=True)
        text = "account,amount\n" + "".join(f"a{number % 5},12.50\n" for number in range(HEAD_ROWS))
        written(part, text, "part-0.csv")
    inspection = inspect(tmp_path / "payments")
    assert len(inspection.sample.places) > 2
    assert inspection.mapping is not None
    assert (inspection.mapping.timestamp.column, inspection.mapping.timestamp.precision) == ("date", "day")


def test_a_packed_file_is_read_from_its_beginning(tmp_path: Path) -> None:
    file = tmp_path / "payments.csv.gz"
    file.write_bytes(gzip.compress((HEADER + "".join(map(row, range(HEAD_ROWS + 500)))).encode()))
    inspection = inspect(file)
    assert (len(inspection.sample.places), inspection.sample.rows) == (1, None)
    assert inspection.sample.read == f"the first {HEAD_ROWS:,} rows"


def test_no_account_number_and_no_name_of_a_person_is_shown(tmp_path: Path) -> None:
    secrets = [IBAN, CARD, "Erika Mustermann", "erika@example.org", "004930123456", "Musterstr. 1", "1980-02-03"]
    text = "ts,card,iban,amount,payee,email,phone,address,dob,memo\n" + "".join(
        f"2024-01-05 10:00:0{second},{CARD},{IBAN},12.50,Erika Mustermann,erika@example.org,004930123456,Musterstr. 1,"
        "1980-02-03,Rent Erika Mustermann\n"
        for second in range(9)
    )
    inspection = inspect(written(tmp_path, text))
    shown = json.dumps(inspection.as_json(), ensure_ascii=False)
    assert [secret for secret in secrets if secret in shown] == []
    assert "12.50" in shown


@pytest.mark.parametrize(
    ("name", "values", "example"),
    [
        ("anything", ["Erika Mustermann", "Max Beispiel"], "Er…"),
        ("category", ["food", "fuel"], "food"),
        ("amount", ["12.50", "13"], "12.50"),
        ("number", ["49301234567", "49301234568"], "49…"),
        ("flag", ["Y", "N"], "Y"),
    ],
)
def test_examples_are_masked_unless_they_are_harmless(name: str, values: list[str], example: str) -> None:
    view = view_of(Column(name, pa.array(values)), (name,) if name == "category" else ())
    assert view.examples[0] == example


def test_a_given_mapping_is_tried_instead(tmp_path: Path) -> None:
    file = written(tmp_path, HEADER + "".join(map(row, range(10))))
    mapping = Mapping(
        timestamp=Timestamp(column="created_at", format="%d.%m.%Y"),
        account_id=Name(column="account"),
        amount=Amount(column="amount"),
        currency=Text(constant="EUR"),
    )
    inspection = inspect(file, mapping)
    assert inspection.proposal is None
    assert refused(inspection) == {"invalid_timestamp": 10}
    assert {column.name: column.fields for column in inspection.columns}["account"] == ("account_id",)
    with pytest.raises(InputError, match="nothing to ask"):
        inspection.answered("sign", "all")


def test_a_mapping_that_names_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, HEADER + "".join(map(row, range(10))))
    mapping = Mapping(
        timestamp=Timestamp(column="when"), account_id=Name(column="account"), amount=Amount(column="amount")
    )
    with pytest.raises(InputError, match="when"):
        inspect(file, mapping)


def test_an_answer_changes_what_is_refused(tmp_path: Path) -> None:
    amounts = ["-12.50", "-8.00", "100.00", "-3.20"]
    inspection = inspect(written(tmp_path, HEADER + "".join(row(number, each) for number, each in enumerate(amounts))))
    assert inspection.trial is not None
    assert (inspection.trial.accepted, refused(inspection)) == (3, {})
    other = inspection.answered("sign", "all")
    assert other.trial is not None
    assert (other.trial.accepted, refused(other)) == (1, {"invalid_amount": 3})


def test_the_mapping_can_be_written_and_read_again(tmp_path: Path) -> None:
    mapping = inspect(written(tmp_path, HEADER + "".join(map(row, range(10))))).mapping
    assert mapping is not None
    assert mapping_of_text(mapping_text(mapping), "mapping.toml") == mapping


def test_a_name_of_a_column_that_is_there_twice_is_asked(tmp_path: Path) -> None:
    text = "created_at,account,amount,amount\n" + "".join(f"2024-01-05T10:00:0{n}Z,a,{n}.50,{n}.75\n" for n in range(9))
    inspection = inspect(written(tmp_path, text))
    assert inspection.proposal is not None
    asked = next(one for one in inspection.proposal.questions if one.key == "which_amount")
    assert asked.taken == "amount#1"
    other = inspection.answered("which_amount", "amount#2").mapping
    assert other is not None
    assert other.amount.column == "amount#2"


def test_columns_that_hold_no_single_values_are_passed_over(tmp_path: Path) -> None:
    table = pa.table(
        {
            "ts": pa.array([1_704_067_200_000, 1_704_067_201_000], pa.timestamp("ms", "UTC")),
            "account_id": ["a", "b"],
            "amount": [1.5, 2.5],
            "tags": [["x"], ["y", "z"]],
            "nothing": pa.nulls(2),
        }
    )
    pq.write_table(table, tmp_path / "payments.parquet")
    inspection = inspect(tmp_path / "payments.parquet")
    assert refused(inspection) == {}
    assert {column.name: column.type for column in inspection.columns}["tags"] == "something else"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        (HEADER, "no rows"),
        ("<html><body>Log in</body></html>", "HTML"),
        ("just some words without any table\n" * 3, "delimiter"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        inspect(written(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not there"):
        inspect(tmp_path / "missing.csv")


def test_a_layout_comes_before_what_is_found_out(tmp_path: Path) -> None:
    text = "2024-01-05T10:00:00Z|a|12.50\n2024-01-05T11:00:00Z|b|3.50\n"
    inspection = inspect(written(tmp_path, text), layout=Layout(delimiter="|", header_line=0))
    assert [column.name for column in inspection.columns] == ["c1", "c2", "c3"]
