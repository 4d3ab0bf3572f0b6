"""`vigie policy` as a person uses it: what a policy would have caught and cost, checked by hand on a few payments."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from vigie_cli.__main__ import app
from vigie_cli.policy_trial.trial import WITHOUT_SCORES
from vigie_runtime import ConfigurationError, InputError, load_settings
from vigie_runtime.pseudonyms import PseudonymSettings, load_pseudonyms

POLICY = """
[[verdicts]]
severity = "high"
verdict = "decline"
[[verdicts]]
severity = ["low", "medium"]
verdict = "review"
amount_from = 50

[[lists]]
name = "blocked"
field = "merchant"
verdict = "decline"
[[lists.entries]]
value = "m9"
reason = "case 17"
by = "m.keller"
[[lists.entries]]
value = "m1"
reason = "long ago"
by = "m.keller"
until = 2020-01-01

[[lists]]
name = "trusted"
field = "account"
verdict = "allow"
[[lists.entries]]
value = "b"
reason = "treasury"
by = "m.keller"

[[limits]]
name = "daily"
verdict = "challenge"
per_day_eur = 100
[[limits]]
name = "cash"
verdict = "review"
per_payment_eur = 1
channels = ["atm"]
"""
PAYMENTS = """transaction_id,ts,account_id,amount,currency,merchant_id,label
t3,2024-03-02T09:00:01Z,a,60.00,EUR,m1,1
t1,2024-03-01T09:00:00Z,a,60.00,EUR,m1,0
t2,2024-03-01T10:00:00Z,a,50.00,EUR,m2,0
t4,2024-03-02T09:30:00Z,b,500.00,EUR,m9,0
t5,2024-03-02T10:00:00Z,c,30.00,EUR,m9,1
t6,2024-03-02T11:00:00Z,c,20.00,EUR,m2,0
t7,2024-03-02T12:00:00Z,d,200.00,EUR,m2,
t1,2024-03-01T09:00:00Z,a,60.00,EUR,m1,0
"""
NOTHING = {"payments": 0, "eur": 0.0}


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.toml"
    file.write_text(POLICY, encoding="utf-8")
    return file


@pytest.fixture
def payments(tmp_path: Path) -> Path:
    file = tmp_path / "payments.csv"
    file.write_text(PAYMENTS, encoding="utf-8")
    return file


def scores_of(tmp_path: Path, **columns: list[Any]) -> Path:
    file = tmp_path / "scores.parquet"
    pq.write_table(pa.table(columns), file)
    return file


def vigie(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, ["policy", *map(str, arguments)], catch_exceptions=False, env={"COLUMNS": "80"})
    assert done.exit_code == 0, done.output
    return done.stdout


def figures(*arguments: str | Path) -> dict[str, Any]:
    return json.loads(vigie("test", *arguments, "--json"))


def by_rule(found: dict[str, Any]) -> dict[tuple[str, str], tuple[tuple[int, float], tuple[int, float]]]:
    return {
        (each["rule"], each["verdict"]): (
            (each["fraud"]["payments"], each["fraud"]["eur"]),
            (each["legitimate"]["payments"], each["legitimate"]["eur"]),
        )
        for each in found["rules"]
    }


def test_rules_alone_are_counted_by_what_is_true(policy: Path, payments: Path) -> None:
    found = figures(policy, "--on", payments)

    assert by_rule(found) == {
        ("lists.blocked", "decline"): ((1, 30.0), (1, 500.0)),
        ("lists.trusted", "allow"): ((0, 0.0), (1, 500.0)),
        # t2 comes to 110 with t1; t3 comes to 110 with t2, for t1 is more than 24 hours before; t4 and t7 alone
        ("limits.daily", "challenge"): ((1, 60.0), (2, 550.0)),
        ("limits.cash", "review"): ((0, 0.0), (0, 0.0)),
    }
    daily = next(each for each in found["rules"] if each["rule"] == "limits.daily")
    assert daily["unknown"] == {"payments": 1, "eur": 200.0}
    assert (daily["legitimate_share"], daily["precision"]) == (pytest.approx(2 / 4), pytest.approx(1 / 3))
    assert found["payments"] == {
        "fraud": {"payments": 2, "eur": 90.0},
        "legitimate": {"payments": 4, "eur": 630.0},
        "unknown": {"payments": 1, "eur": 200.0},
    }


def test_verdicts_are_those_that_the_gateway_would_give(policy: Path, payments: Path) -> None:
    found = figures(policy, "--on", payments)

    assert {each["verdict"]: (each["fraud"], each["legitimate"]) for each in found["verdicts"]} == {
        "allow": (NOTHING, {"payments": 3, "eur": 580.0}),  # t1, t6, and t4, which a list allows
        "review": (NOTHING, NOTHING),
        "challenge": ({"payments": 1, "eur": 60.0}, {"payments": 1, "eur": 50.0}),
        "decline": ({"payments": 1, "eur": 30.0}, NOTHING),
    }
    assert sum(each["share"] for each in found["verdicts"]) == pytest.approx(1)


def test_judgements_of_a_model_are_put_beside_the_payments(policy: Path, payments: Path, tmp_path: Path) -> None:
    scores = scores_of(
        tmp_path,
        transaction_id=["t1", "t2", "t6", "t5", "other", "t7"],
        score=[0.9, 0.55, 0.55, 0.4, 0.9, None],
        threshold=[0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
    )

    found = figures(policy, "--on", payments, "--scores", scores)

    assert by_rule(found)["model", "decline"] == ((0, 0.0), (1, 60.0))
    assert by_rule(found)["model", "review"] == ((0, 0.0), (1, 50.0))  # t6 is below 50 EUR
    verdicts = {each["verdict"]: each["legitimate"] for each in found["verdicts"]}
    assert verdicts["decline"] == {"payments": 1, "eur": 60.0}
    assert verdicts["challenge"] == {"payments": 1, "eur": 50.0}  # the limit is stricter than the model
    assert "3 of 7 payments have no score: rules alone decided on them." in found["notes"]


def test_notes_say_what_the_figures_do_not_show(policy: Path, payments: Path) -> None:
    notes = figures(policy, "--on", payments)["notes"]

    for note in (
        "policy.toml:22: lists[0].entries[1].until is in the past: the entry does nothing",
        WITHOUT_SCORES,
        "1 of 7 payments have no label: they are neither.",
        "payments.csv has no channel: limits.cash cannot apply.",
        "1 rows repeat an earlier transaction_id and were left out.",
    ):
        assert note in notes


def test_dates_without_times_and_without_labels(policy: Path, tmp_path: Path) -> None:
    file = tmp_path / "dates.csv"
    file.write_text(
        "ts,account_id,amount,currency\n2024-03-01,a,60.00,EUR\n2024-03-01,a,60.00,USD\n2024-03-02,a,60.00,EUR\n"
    )

    found = figures(policy, "--on", file)

    assert found["payments"]["unknown"]["payments"] == 3
    assert "dates.csv has no labels: which payments were fraud is not known." in found["notes"]
    assert "dates.csv has dates without times: limits of an hour are not compared." in found["notes"]
    assert "dates.csv has no merchant_id and no payee_id: lists.blocked cannot apply." in found["notes"]
    assert {each["precision"] for each in found["rules"]} == {None}
    assert next(each for each in found["rules"] if each["rule"] == "limits.daily")["unknown"]["payments"] == 1


def test_an_account_is_found_by_the_pseudonym_of_its_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_PSEUDONYM_KEY", "0x7c1f9e0b5a3d2846-q8Wz-for-tests-only")
    file = tmp_path / "numbers.csv"
    file.write_text("ts,account_id,amount,currency,label\n2024-03-01T09:00:00Z,4111111111111111,60.00,EUR,1\n")
    pseudonym = load_pseudonyms(load_settings(PseudonymSettings)).of("4111111111111111")
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY.replace('value = "b"', f'value = "{pseudonym}"').replace('"allow"', '"review"'))

    assert by_rule(figures(policy, "--on", file))["lists.trusted", "review"] == ((1, 60.0), (0, 0.0))


def test_the_tables_fit_a_terminal_and_say_what_it_comes_to(policy: Path, payments: Path) -> None:
    shown = vigie("test", policy, "--on", payments)

    tables = [line for line in shown.splitlines() if not line.startswith(("·", "Caught"))]
    assert max(len(line) for line in tables) <= 80
    assert (
        "Caught: 2 of 2 frauds, 90 of 90 EUR. Cost: legitimate payments of 0 EUR declined, 50 EUR challenged" in shown
    )
    assert "limits.daily" in shown


def test_a_mapping_and_other_column_names(policy: Path, tmp_path: Path) -> None:
    file, mapping = tmp_path / "other.csv", tmp_path / "mapping.toml"
    file.write_text("when;who;cents;bad\n01.03.2024 09:00;a;12000;yes\n01.03.2024 10:00;b;100;no\n")
    mapping.write_text(
        'timestamp = { column = "when", format = "%d.%m.%Y %H:%M" }\naccount_id = { column = "who" }\n'
        'amount = { column = "cents", unit = "minor" }\n'
        'label = { column = "bad", fraud = ["yes"], legitimate = ["no"] }\n'
    )
    ours = tmp_path / "named.csv"
    ours.write_text("when,account_id,amount,currency,label\n2024-03-01T09:00:00Z,a,120,EUR,1\n")

    mapped = figures(policy, "--on", file, "--mapping", mapping)
    named = figures(policy, "--on", ours, "--column", "ts=when")

    for found in (mapped, named):
        assert by_rule(found)["limits.daily", "challenge"] == ((1, 120.0), (0, 0.0))


def test_check_says_what_a_policy_holds_and_warns(policy: Path) -> None:
    lines = vigie("check", policy).splitlines()

    assert lines[0].startswith("policy.toml is valid. Policy ")
    assert lines[0].endswith(": 2 verdicts, 2 lists with 3 entries, 2 limits; callers: default.")
    assert lines[1:] == ["Warning: policy.toml:22: lists[0].entries[1].until is in the past: the entry does nothing."]


def test_a_list_from_the_topic_is_checked_and_has_no_entries_in_a_trial(policy: Path, payments: Path) -> None:
    policy.write_text(
        POLICY + '[[lists]]\nname = "mules"\nfield = "account"\nverdict = "decline"\ntopic = true\n', encoding="utf-8"
    )

    assert "3 lists with 3 entries and those of 1 list from the topic, 2 limits" in vigie("check", policy)
    found = figures(policy, "--on", payments)
    assert by_rule(found)["lists.mules", "decline"] == ((0, 0.0), (0, 0.0))
    assert "lists.mules has its entries from the topic policy.lists: here it has none." in found["notes"]


def test_every_fault_is_said_with_exit_code_2(policy: Path) -> None:
    policy.write_text(POLICY.replace("per_day_eur = 100", "per_day_eur = 0").replace("amount_from", "amount"))

    command = [sys.executable, "-m", "vigie_cli", "policy", "check", policy]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert [line.split(" ")[:2] for line in done.stderr.splitlines()] == [
        ["policy.toml:8:", "verdicts[1].amount"],
        ["policy.toml:36:", "limits[0].per_day_eur"],
    ]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"transaction_id": ["t1"], "score": [0.5]}, "scores.parquet has no column threshold"),
        (
            {"transaction_id": ["t1"], "score": [1.5], "threshold": [0.5]},
            "score of scores.parquet is not a number from 0 to 1 in every row",
        ),
        (
            {"transaction_id": ["t1"], "score": ["high"], "threshold": [0.5]},
            "score of scores.parquet is not a number from 0 to 1 in every row",
        ),
        (
            {"transaction_id": ["x1"], "score": [0.5], "threshold": [0.5]},
            "No transaction_id of scores.parquet is one of payments.csv",
        ),
    ],
)
def test_scores_that_cannot_be_used(
    policy: Path, payments: Path, tmp_path: Path, columns: dict[str, list[Any]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        vigie("test", policy, "--on", payments, "--scores", scores_of(tmp_path, **columns))


def test_scores_need_payments_with_names(policy: Path, payments: Path, tmp_path: Path) -> None:
    file = tmp_path / "unnamed.csv"
    file.write_text("\n".join(line.split(",", 1)[1] for line in PAYMENTS.splitlines()))
    scores = scores_of(tmp_path, transaction_id=["t1"], score=[0.5], threshold=[0.5])

    with pytest.raises(InputError, match=r"unnamed\.csv names no transactions"):
        vigie("test", policy, "--on", file, "--scores", scores)
    with pytest.raises(InputError, match=r"payments.csv cannot be read \(it is no Parquet file"):
        vigie("test", policy, "--on", payments, "--scores", payments)
    with pytest.raises(InputError, match=r"nowhere.parquet cannot be read \("):
        vigie("test", policy, "--on", payments, "--scores", tmp_path / "nowhere.parquet")


def test_a_mapping_and_columns_do_not_go_together(policy: Path, payments: Path) -> None:
    with pytest.raises(ConfigurationError, match="--mapping or --column"):
        vigie("test", policy, "--on", payments, "--mapping", payments, "--column", "ts=ts")
