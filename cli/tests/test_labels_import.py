"""`vigie labels import` without a broker: what a file says, what in it is no label, what is refused at once."""

import io
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from vigie_cli.__main__ import app
from vigie_cli.labels_import.label_file import FileLabel, LabelFile, read_label_file
from vigie_cli.labels_import.view import as_json, show_preview
from vigie_runtime import InputError
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_schemas import Label

CARD = "4111111111111111"
KEYED = Pseudonyms("q0VhYkC3sQm1n8yR5tWz7uXb2pLd4eFg")


def read(folder: Path, text: str, columns: Mapping[str, str] | None = None, *, all_fraud: bool = False) -> LabelFile:
    file = folder / "labels.csv"
    file.write_text(text, encoding="utf-8")
    return read_label_file(file, columns or {}, lambda: KEYED, all_fraud=all_fraud)


def test_a_table_of_names_and_truths(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "transaction_id,label,scenario,labelled_at\n"
        "t-1,1,stolen_card,2026-11-20T10:00:00Z\nt-2,0,,2026-11-21T10:00:00Z\nt-3,TRUE,,2026-11-21T10:00:00Z\n",
    )

    assert found.labels == {
        "t-1": FileLabel(True, "stolen_card", 1_795_168_800_000),
        "t-2": FileLabel(False, None, 1_795_255_200_000),
        "t-3": FileLabel(True, None, 1_795_255_200_000),
    }
    assert (found.repeated, found.contradicted, found.unreadable) == (0, set(), {})


def test_columns_may_have_other_names_and_each_row_may_be_a_fraud(tmp_path: Path) -> None:
    found = read(tmp_path, "case;payment\n17;t-1\n18;t-2\n", {"transaction_id": "payment"}, all_fraud=True)

    assert found.labels == {"t-1": FileLabel(True, None, None), "t-2": FileLabel(True, None, None)}


def test_what_is_no_label_is_counted_with_its_rows(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "transaction_id,label,labelled_at\n"
        "t-1,1,2026-11-20\n,1,2026-11-20\nt-2,perhaps,2026-11-20\nt-3,,2026-11-20\nt-4,1,yesterday\n"
        "t-5,1,2026-11-20\nt-5,1,2026-11-21\nt-6,1,2026-11-20\nt-6,0,2026-11-20\n",
    )

    assert set(found.labels) == {"t-1", "t-5"}
    assert found.repeated == 1
    assert found.contradicted == {"t-6"}
    assert found.unreadable == {
        "names no transaction": [2],
        "says neither fraud nor sound": [3, 4],
        "has no time that can be read in labelled_at": [5],
    }


def test_no_account_number_enters_the_labels(tmp_path: Path) -> None:
    found = read(tmp_path, f"transaction_id,label,scenario\nt-1,1,card {CARD}\nt-2,1,other\n")

    assert set(found.labels) == {"t-2"}
    assert found.unreadable == {"holds an account number in scenario": [1]}


def test_names_are_those_that_a_replay_gives(tmp_path: Path) -> None:
    found = read(tmp_path, f"transaction_id,label\n{CARD},1\n", {})

    assert set(found.labels) == {KEYED.hidden(CARD, "tx-")}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "id,label\nt,1\n",
            r"labels.csv has no column transaction_id; it has id, label. .* --column transaction_id=NAME",
        ),
        ("transaction_id,truth\nt,1\n", r"no column label; .* --column label=NAME. Or say --all-fraud"),
        ("transaction_id,label\nt,maybe\n", r"holds no label in 1 rows: 1 of them says neither fraud nor sound"),
        ("transaction_id,label\nt,1\nt,0\n", r"no label in 2 rows: 1 transactions are called both fraud and sound"),
    ],
)
def test_a_file_without_labels_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        read(tmp_path, text)


def test_a_column_that_is_named_and_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column reason;"):
        read(tmp_path, "transaction_id,label\nt,1\n", {"scenario": "reason"})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--json"], "--json asks no question"),
        (["--column", "id"], "--column id is no OURS=THEIRS"),
        (["--column", "amount=x"], "--column amount=x is no OURS=THEIRS"),
        (["--yes"], "labels.csv is not there"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_kafka_is_asked(
    tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    command = ["labels", "import", str(tmp_path / "labels.csv"), *arguments]

    with pytest.raises(InputError, match=sentence):
        CliRunner().invoke(app, command, catch_exceptions=False)


def test_the_preview_says_what_would_be_written_and_what_not(tmp_path: Path) -> None:
    found = read(tmp_path, "transaction_id,label\nt-1,1\nt-2,0\nt-2,0\nt-3,1\nt-4,1\nt-4,0\n,1\n")
    matched = [
        Label(
            schema_version=1,
            transaction_id="t-1",
            account_id="a-1",
            is_fraud=True,
            scenario=None,
            source="dataset",
            labelled_at_ms=1_795_168_800_000,
        )
    ]
    console = Console(record=True, width=120, file=io.StringIO())

    show_preview("labels.csv", found, matched, console)

    shown = console.export_text()
    assert "2 transactions are not on the scored topic (such as t-2, t-3)" in shown
    assert "1 transactions are called both fraud and sound (t-4): left out." in shown
    assert "1 rows repeat one before." in shown
    assert "1 rows are left out: each names no transaction (row 7)." in shown
    assert as_json(found, matched) == {
        "labels": 3,
        "matched": 1,
        "fraud": 1,
        "repeated": 1,
        "contradicted": 1,
        "unreadable": {"names no transaction": 1},
    }
