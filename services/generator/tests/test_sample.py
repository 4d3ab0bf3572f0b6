from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from generator.__main__ import app
from generator.sample import SCHEMA, accounts_for, write_sample
from generator.scenarios import SCENARIOS
from generator.settings import GeneratorSettings
from generator.transaction_file import TransactionFile
from vigie_intake.fields.tally import IntakeTally
from vigie_intake.preparing import prepare
from vigie_runtime import InputError
from vigie_runtime.pseudonyms import Pseudonyms

COMMITTED = Path(__file__).parents[1] / "sample" / "transactions.parquet"


def test_the_committed_sample_is_what_the_command_gives(tmp_path):
    path = tmp_path / "sample.parquet"

    result = CliRunner().invoke(app, ["sample", str(path), "--rows", "9000", "--seed", "199"])

    assert result.exit_code == 0
    assert pq.read_table(path).equals(pq.read_table(COMMITTED))


def test_the_committed_sample_is_small_and_can_be_replayed():
    tally = IntakeTally()
    rows = list(TransactionFile(prepare(COMMITTED)).rows(Pseudonyms("any"), tally))

    assert COMMITTED.stat().st_size < 300_000
    assert len(rows) == 9000
    assert tally.refused == 0
    scenarios = {row.truth.scenario for row in rows if row.truth and row.truth.is_fraud}
    assert scenarios == set(SCENARIOS)


def test_the_layout_is_the_one_of_the_data_sets():
    assert pq.read_schema(COMMITTED).equals(SCHEMA)


def test_a_large_sample_is_written_in_groups(tmp_path, monkeypatch):
    monkeypatch.setattr("generator.sample.ROWS_A_GROUP", 100)
    path = tmp_path / "groups.parquet"

    write_sample(path, 250, GeneratorSettings(accounts=20))

    assert pq.ParquetFile(path).num_row_groups == 3
    assert pq.read_metadata(path).num_rows == 250


def test_small_samples_have_an_account_too():
    assert accounts_for(1, 3) == 1
    assert accounts_for(6000, 3) == 50


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(InputError, match="Cannot write"):
        write_sample(tmp_path / "none" / "a.parquet", 10, GeneratorSettings(accounts=2))


def test_a_sample_that_fails_midway_leaves_the_file_before(tmp_path, monkeypatch):
    path = tmp_path / "sample.parquet"
    path.write_text("before")
    tables = iter([SCHEMA.empty_table()])  # a second group finds none
    monkeypatch.setattr("generator.sample.ROWS_A_GROUP", 5)
    monkeypatch.setattr("generator.sample._table", lambda _: next(tables))

    with pytest.raises(StopIteration):
        write_sample(path, 10, GeneratorSettings(accounts=2))

    assert path.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["sample.parquet"]
