"""`vigie inspect` as a person uses it: tables, mapping.toml, questions, JSON, errors and exit codes."""

import io
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from vigie_cli.__main__ import main
from vigie_intake.mapping import Layout
from vigie_intake.mapping_file import read_mapping

AMBIGUOUS = "date,card,amount\n03/04/2024,c1,-12.50\n05/04/2024,c2,-3.99\n06/05/2024,c1,2000.00\n07/05/2024,c1,-8.00\n"
PLAIN = "ts,account_id,amount,currency\n2024-01-05T10:00:00Z,a,12.50,EUR\n2024-01-05T10:01:00Z,a,3.99,EUR\n"
NO_ACCOUNT = "date,amount,kind\n2024-01-05,12.50,food\n2024-01-06,3.99,fuel\n2024-01-07,1.25,food\n"


@dataclass(frozen=True)
class Done:
    """How the command ended, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


class Command(Protocol):
    """The command in this process, in a terminal of that many columns."""

    def __call__(self, *arguments: str | Path, answers: str = "", columns: int = 120) -> Done: ...


@pytest.fixture
def vigie(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: str | Path, answers: str = "", columns: int = 120) -> Done:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setattr("sys.argv", ["vigie", *map(str, arguments)])
        monkeypatch.setattr("sys.stdin", io.StringIO(answers))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        return Done(int(ended.value.code or 0), written.out, written.err)

    return run


@pytest.fixture
def ambiguous(tmp_path: Path) -> Path:
    file = tmp_path / "bank.csv"
    file.write_text(AMBIGUOUS, encoding="utf-8")
    return file


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    file = tmp_path / "plain.csv"
    file.write_text(PLAIN, encoding="utf-8")
    return file


@pytest.mark.parametrize("columns", [80, 120])
def test_it_says_what_the_file_is_and_fits_the_terminal(vigie: Command, ambiguous: Path, columns: int) -> None:
    done = vigie("inspect", ambiguous, columns=columns)
    assert (done.returncode, done.stderr) == (0, "")
    tables = done.stdout.split("To keep this mapping")[0]
    assert max(len(line.rstrip()) for line in tables.splitlines()) <= columns
    for part in (
        "bank.csv: CSV, 4 rows",
        "Proposed mapping",
        "day_first",
        "sign",
        "3 taken as transactions",
        "money in",
    ):
        assert part in done.stdout


def test_it_writes_a_mapping_that_can_be_read_and_tried(vigie: Command, ambiguous: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "mapping.toml"
    done = vigie("inspect", ambiguous, "--out", out)
    assert done.returncode == 0
    assert f"vigie backtest {ambiguous} --mapping {out}" in done.stdout
    text = out.read_text(encoding="utf-8")
    assert "# Ambiguous: In date, is the day or the month first?" in text
    mapping = read_mapping(out)
    assert (mapping.timestamp.format, mapping.amount.out) == ("%d/%m/%Y", "negative")
    tried = vigie("inspect", ambiguous, "--mapping", out)
    assert tried.returncode == 0
    assert "3 taken as transactions, 0 refused" in tried.stdout
    assert "Proposed mapping" not in tried.stdout


def test_it_never_overwrites_without_being_asked_to(vigie: Command, plain: Path, tmp_path: Path) -> None:
    out = tmp_path / "mapping.toml"
    out.write_text("mine", encoding="utf-8")
    done = vigie("inspect", plain, "--out", out)
    assert (done.returncode, out.read_text(encoding="utf-8")) == (2, "mine")
    assert done.stderr == f"{out} is there already. Give another name, or --force to overwrite it.\n"
    assert vigie("inspect", plain, "--out", out, "--force").returncode == 0
    assert read_mapping(out).profile == "vigie"


def test_it_asks_and_keeps_what_was_taken_for_an_empty_answer(vigie: Command, ambiguous: Path, tmp_path: Path) -> None:
    out = tmp_path / "mapping.toml"
    done = vigie("inspect", ambiguous, "--interactive", "--out", out, answers="maybe\nmonth\n\nUSD\n")
    assert done.returncode == 0, done.stderr
    assert "'maybe' is no answer" in done.stdout
    mapping = read_mapping(out)
    assert (mapping.timestamp.format, mapping.amount.out, mapping.currency.constant) == ("%m/%d/%Y", "negative", "USD")


def test_input_that_ends_before_the_last_question(vigie: Command, ambiguous: Path) -> None:
    done = vigie("inspect", ambiguous, "--interactive", answers="month\n")
    assert done.returncode == 2
    assert "The input ended before every question was answered" in done.stderr


def test_answers_can_be_given_as_options(vigie: Command, ambiguous: Path, tmp_path: Path) -> None:
    out = tmp_path / "mapping.toml"
    done = vigie("inspect", ambiguous, "--answer", "day_first=month", "--answer", "sign=all", "--out", out)
    assert done.returncode == 0
    assert read_mapping(out).amount.out == "all"
    assert "3 refused" in done.stdout
    assert "invalid_amount" in done.stdout


def test_json_is_json_and_nothing_else(vigie: Command, ambiguous: Path, tmp_path: Path) -> None:
    done = vigie("inspect", ambiguous, "--json", "--out", tmp_path / "mapping.toml")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert (found["kind"], found["rows"], found["accepted"]) == ("CSV", 4, 3)
    assert {question["key"] for question in found["questions"]} == {"day_first", "sign", "currency"}
    assert found["mapping"]["amount"]["out"] == "negative"


def test_no_account_ends_with_the_reason_until_one_is_named(vigie: Command, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(NO_ACCOUNT, encoding="utf-8")
    done = vigie("inspect", file, "--out", tmp_path / "mapping.toml")
    assert done.returncode == 2
    assert "No column names the account" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "mapping.toml").exists()
    named = vigie("inspect", file, "--answer", "account_id=mine", "--out", tmp_path / "mapping.toml")
    assert named.returncode == 0
    assert read_mapping(tmp_path / "mapping.toml").account_id.constant == "mine"


def test_a_layout_that_was_given_stands_in_the_mapping(vigie: Command, tmp_path: Path) -> None:
    file = tmp_path / "odd.txt"
    file.write_bytes("Konto;Datum;Betrag\nK1;05.01.2024;-1,50\nK1;16.01.2024;-2,50\n".encode("utf-16-le"))
    done = vigie("inspect", file, "--encoding", "utf-16-le", "--delimiter", ";", "--out", tmp_path / "mapping.toml")
    assert done.returncode == 0, done.stderr
    layout = read_mapping(tmp_path / "mapping.toml").layout
    assert layout == Layout(encoding="utf-16-le", delimiter=";")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.csv"], "missing.csv is not there. Give the path of a file or folder with transactions."),
        (["plain.csv", "--mapping", "missing.toml"], "The mapping missing.toml cannot be read"),
        (["plain.csv", "--answer", "sign"], "--answer sign is not understood: write KEY=WORD"),
        (["plain.csv", "--answer", "colour=red"], "There is no question colour"),
        (["plain.csv", "--delimiter", "::"], "--delimiter is '::'. Give one character, or tab."),
        (["plain.csv", "--interactive", "--json"], "--interactive and --json do not go together"),
        (["plain.csv", "--out", "."], "is a folder"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(
    vigie: Command, monkeypatch: pytest.MonkeyPatch, plain: Path, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(plain.parent)
    done = vigie("inspect", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wide_file_is_cut_in_the_view_and_whole_in_json(vigie: Command, tmp_path: Path) -> None:
    names = ["ts", "account_id", "amount", *(f"extra{number}" for number in range(300))]
    line = ",".join(["2024-01-05T10:00:00Z", "a", "12.50", *["1"] * 300])
    file = tmp_path / "wide.csv"
    file.write_text("\n".join([",".join(names), line, line, ""]), encoding="utf-8")
    assert "and 263 columns more" in vigie("inspect", file).stdout
    assert len(json.loads(vigie("inspect", file, "--json").stdout)["columns"]) == 303


def test_help_lists_the_commands(vigie: Command) -> None:
    done = vigie("--help")
    assert done.returncode == 0
    assert "inspect" in done.stdout


def test_it_is_a_program_of_its_own(plain: Path) -> None:
    command = [sys.executable, "-m", "vigie_cli", "inspect"]
    done = subprocess.run([*command, plain, "--json"], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, json.loads(done.stdout)["accepted"]) == (0, 2)
    wrong = subprocess.run([*command, "missing.csv"], capture_output=True, text=True, timeout=120, check=False)
    assert (wrong.returncode, wrong.stdout) == (2, "")
