"""Invented exports are read by the profile that they are made for, and are the same for the same seed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vigie_cli.__main__ import app
from vigie_intake.inspection import inspect
from vigie_runtime import InputError


def write(kind: str, file: Path, *options: str) -> str:
    done = CliRunner().invoke(app, ["example", kind, str(file), "--rows", "300", *options], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return file.read_text()


def test_an_export_of_a_savings_bank_needs_no_help(tmp_path: Path) -> None:
    write("csv-camt", tmp_path / "umsaetze.csv")

    found = inspect(tmp_path / "umsaetze.csv")

    assert found.mapping is not None
    assert found.trial is not None
    assert (found.mapping.profile, found.trial.accepted, found.trial.refused) == ("csv-camt", 300, 0)


def test_records_of_connect_have_their_schema_around_them(tmp_path: Path) -> None:
    lines = write("connect", tmp_path / "payments.jsonl").splitlines()

    record = json.loads(lines[0])
    assert len(lines) == 300
    assert {field["field"] for field in record["schema"]["fields"]} == record["payload"].keys()


def test_the_same_seed_invents_the_same_payments(tmp_path: Path) -> None:
    first, again = (write("csv-camt", tmp_path / name, "--seed", "5") for name in ("a.csv", "b.csv"))

    assert first == again != write("csv-camt", tmp_path / "c.csv", "--seed", "6")


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("mine")

    with pytest.raises(InputError, match="is there already"):
        CliRunner().invoke(app, ["example", "csv-camt", str(tmp_path / "mine.csv")], catch_exceptions=False)
    assert (tmp_path / "mine.csv").read_text() == "mine"
