import json
from pathlib import Path

from vigie_loadtests.quality.measuring import measure
from vigie_loadtests.quality.observing import Observations
from vigie_loadtests.quality.report import TOTAL, text_report, write_report


def scored(number: int, *, status: str = "scored", alert: bool = False) -> dict[str, object]:
    return {
        "transaction_id": f"g7-1-{number:06d}",
        "account_id": f"acct-{number}",
        "timestamp_ms": 1000 * number,
        "status": status,
        "is_anomaly": alert,
    }


def label(number: int, scenario: str | None = None) -> dict[str, object]:
    return {"transaction_id": f"g7-1-{number:06d}", "is_fraud": scenario is not None, "scenario": scenario}


def test_history_learning_and_settling_are_not_measured() -> None:
    observations = Observations(history=10, settle=2, transactions=3)

    for number in range(8, 13):
        observations.add_scored(scored(number, status="scored" if number <= 10 else "learning"))
    for number in range(13, 30):
        observations.add_scored(scored(number, alert=number == 16))
        observations.add_label(label(number, "burst" if number == 16 else None))

    assert [one.transaction_id[-2:] for one in observations.measured()] == ["15", "16", "17"]
    assert [one.is_alert for one in observations.measured()] == [False, True, False]
    assert [one.scenario for one in observations.measured()] == [None, "burst", None]


def test_it_is_complete_when_the_last_label_is_there() -> None:
    observations = Observations(history=0, settle=1, transactions=2)
    for number in (1, 2, 3):
        observations.add_scored(scored(number))
    observations.add_label(label(1))
    observations.add_label(label(3))
    before = observations.is_complete()

    observations.add_label(label(2))

    assert (before, observations.is_complete()) == (False, True)


def test_what_is_scored_twice_counts_once() -> None:
    observations = Observations(history=0, settle=0, transactions=2)
    for number in (1, 1, 2):
        observations.add_scored(scored(number))
        observations.add_label(label(number))

    assert observations.repeated == 1
    assert len(observations.measured()) == 2


def test_the_last_label_stands() -> None:
    observations = Observations(history=0, settle=0, transactions=1)
    observations.add_scored(scored(1))
    observations.add_label(label(1))
    observations.add_label(label(1, "burst"))

    assert observations.measured()[0].is_fraud


def test_the_report_is_a_table_a_page_and_figures(tmp_path: Path) -> None:
    observations = Observations(history=0, settle=0, transactions=50)
    for number in range(1, 51):
        observations.add_scored(scored(number, alert=number < 6))
        observations.add_label(label(number, "<burst>" if number < 7 else None))
    run = measure(observations.measured())

    write_report(tmp_path / "new", {"7": run, TOTAL: run}, ["recall: too <low>"], {"seeds": "7"})

    page = (tmp_path / "new" / "report.html").read_text()
    assert "recall: too &lt;low&gt;" in page
    assert "&lt;burst&gt;" in page
    assert json.loads((tmp_path / "new" / "report.json").read_text())["runs"]["7"]["recall"]["part"] == 5
    rows = text_report({"7": run, TOTAL: run}).splitlines()
    assert rows[1].split() == ["7", "50", "6", "5", "100.0%", "0.000%", "83.3%", "44-97", "%"]
    assert rows[-1].startswith("<burst>")
