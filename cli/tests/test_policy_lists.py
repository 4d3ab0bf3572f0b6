"""`vigie policy list` without a broker: what is refused before Kafka is asked, and how lists are shown."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from vigie_cli.__main__ import app
from vigie_cli.policy_lists.arguments import as_until_ms
from vigie_cli.policy_lists.view import as_json, show_lists, until_words
from vigie_runtime import InputError
from vigie_schemas import ListedValue

CARD = "4111-1111-1111-1111"
NOW_MS = 1_796_128_200_000  # 2026-12-01T12:30:00Z
WHY = ("--reason", "case 17", "--by", "m.keller")
POLICY = """
[[verdicts]]
severity = "high"
verdict = "decline"
[[lists]]
name = "mules"
field = "account"
verdict = "decline"
topic = true
[[lists]]
name = "countries"
field = "country"
verdict = "review"
topic = true
[[lists]]
name = "from-file"
field = "merchant"
verdict = "review"
entries = []
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.toml"
    file.write_text(POLICY, encoding="utf-8")
    return file


def refusal(*arguments: str | Path) -> str:
    """What a command says that never gets as far as Kafka."""
    with pytest.raises(InputError) as refused:
        CliRunner().invoke(app, ["policy", "list", *map(str, arguments)], catch_exceptions=False)
    return str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("mules", CARD, *WHY), "VALUE holds a card number or an IBAN: give the pseudonym"),
        (("mules", "m1", "--reason", f"pays {CARD}", "--by", "b"), "--reason holds a card number or an IBAN"),
        (("mules", "m1", "--reason", "r", "--by", CARD), "--by holds a card number or an IBAN"),
        ((CARD, "m1", *WHY), "LIST holds a card number or an IBAN"),
        (("a/b", "m1", *WHY), "LIST must be text of 1 to 64 letters without accents, digits, - and _."),
        (("mules", " m1", *WHY), "VALUE must be one line of text, 128 characters at most."),
        (("mules", "m1", "--reason", "", "--by", "b"), "--reason must be one line of text, 200 characters at most."),
        (("mules", "m1", *WHY, "--until", "31.1.2027"), "--until must be empty, a date such as 2027-01-31 or a time"),
        (("mules", "m1", *WHY, "--until", "2027-01-31T12:00:00"), "--until must be empty, a date such as 2027-01-31"),
        (("mules", "m1", *WHY, "--until", "2020-01-31"), "--until is in the past: the entry would do nothing."),
        (("mules", "m1", *WHY, "--until", "2100-01-01"), "--until is after 2099: leave it out, then the entry stays."),
    ],
)
def test_what_cannot_be_an_entry_is_refused_in_a_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    said = refusal("add", *arguments)

    assert said.startswith(sentence)
    assert CARD not in said


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("mule", "m1", "policy.toml has no list of that name with topic = true: it has mules, countries."),
        ("from-file", "m1", "policy.toml has no list of that name with topic = true: it has mules, countries."),
        ("countries", "France", "VALUE must be two capital letters such as FR."),
        ("mules", "1234567890123", "VALUE must be the account's pseudonym as verdicts and alerts name it, not its"),
    ],
)
def test_a_policy_says_which_lists_there_are_and_what_they_hold(
    policy: Path, name: str, value: str, sentence: str
) -> None:
    assert refusal("add", name, value, *WHY, "--policy", policy).startswith(sentence)


def test_a_removal_is_checked_too(policy: Path) -> None:
    assert "no list of that name" in refusal("remove", "mule", "m1", "--by", "b", "--policy", policy)
    assert refusal("remove", "mules", "m1", "--by", " ").startswith("--by must be the name of who added it")
    assert refusal("show", "a b").startswith("LIST must be")


def test_a_kafka_that_does_not_answer_is_one_sentence_and_exit_code_2() -> None:
    environment = os.environ | {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    command = [sys.executable, "-m", "vigie_cli", "policy", "list", "add", "mules", "acct-1", *WHY]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("Kafka does not answer at 127.0.0.1:1")
    assert "KAFKA_BOOTSTRAP_SERVERS" in done.stderr


def test_a_day_counts_to_its_end_and_is_shown_as_it_was_given() -> None:
    assert as_until_ms(None, NOW_MS) is None
    for until in ("2027-01-31", "2027-01-31T12:00:00Z", "2027-01-31T12:00:00.250Z"):
        assert until_words(as_until_ms(until, NOW_MS)) == until
    assert as_until_ms("2026-12-01", NOW_MS) == 1_796_169_600_000


def test_entries_are_shown_also_those_that_have_expired() -> None:
    entries = [
        ListedValue(schema_version=1, list_name="mules", value="acct-1", reason="case [17]", by="m.keller"),
        ListedValue(schema_version=1, list_name="old", value="m9", reason="r", by="b", until_ms=NOW_MS),
    ]
    text = io.StringIO()
    show_lists(entries, 1, NOW_MS, Console(file=text, width=80))
    show_lists([], 0, NOW_MS, Console(file=text, width=80))

    shown = text.getvalue()
    assert all(word in shown for word in ("acct-1", "case [17]", "m.keller", "(expired)", "No entries."))
    assert "1 record is refused by every gateway: its log says why." in shown
    assert as_json(entries, 1, NOW_MS) == {
        "entries": [
            {
                "list": "mules",
                "value": "acct-1",
                "reason": "case [17]",
                "by": "m.keller",
                "until": None,
                "until_ms": None,
                "expired": False,
            },
            {
                "list": "old",
                "value": "m9",
                "reason": "r",
                "by": "b",
                "until": "2026-12-01T12:30:00Z",
                "until_ms": NOW_MS,
                "expired": True,
            },
        ],
        "refused": 1,
    }
