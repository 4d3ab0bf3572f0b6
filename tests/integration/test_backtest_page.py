"""The backtest's page in a real browser: its own policy lets it work, and the slider says what its table says."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from trainer.quality.ranking import EvaluatedRows
from trainer.settings import TrainerSettings
from vigie_backtest.curves import precision_recall_curve, what_if_table
from vigie_backtest.figures import Scored, compared, of_detector
from vigie_backtest.options import Options
from vigie_backtest.page import Curves, render
from vigie_backtest.report import Results, assemble, describe_data, describe_settings
from vigie_backtest.split import Split

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.integration

ROWS = 2_000
FROM_MS = 1_740_787_200_000
HOSTILE = "<script>document.title='owned'</script>"


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A page on a phone, whose errors, among them what its policy refused, fail the test."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert problems == []


def made_up(*, labelled: bool) -> tuple[EvaluatedRows, Scored]:
    """Ten days of rows, two in a hundred fraud, which score higher; reasons that would run if the page let them."""
    random = np.random.default_rng(7)
    label = (random.random(ROWS) < 0.02).astype(np.int8)
    scores = random.random(ROWS) * 0.5 + 0.3 * label
    evaluated = EvaluatedRows(
        label=label if labelled else None,
        amount_eur=random.lognormal(3, 1, ROWS),
        scenario=np.where(label == 1, HOSTILE, None).astype(object),
        account=random.integers(0, 50, ROWS).astype(str).astype(object),
        timestamp_ms=np.sort(random.integers(FROM_MS, FROM_MS + 10 * 86_400_000, ROWS)),
    )
    return evaluated, Scored(scores, scores > 0.6, [[{"feature": "speed", "text": HOSTILE}]] * ROWS)


def write(folder: Path, *, labelled: bool) -> tuple[str, dict]:
    """Address of a page made by the backtest's own functions, and its slider's table."""
    evaluated, scored = made_up(labelled=labelled)
    options = Options(data=Path("made-up.csv"), out=folder, seeds=(7,))
    everything = np.ones(ROWS, dtype=bool)
    split = Split(FROM_MS, ~everything, everything)
    amount = compared(evaluated, evaluated.amount_eur, options.budgets, options.cards_a_day)
    results = Results(
        by_seed={7: of_detector(evaluated, scored, options, FROM_MS)},
        baselines={"amount": amount},
        supervised_ceiling=None,
        data=describe_data("made-up.csv", evaluated, split, evaluated.timestamp_ms, {}),
        notes=[HOSTILE],
    )
    table = what_if_table(evaluated, scored.score, 10.0)
    curves = Curves({"Vigie": precision_recall_curve(evaluated, scored.score)}, table)
    report = assemble(results, describe_settings(options, TrainerSettings()))
    target = folder / "report.html"
    target.write_text(render(report, curves), encoding="utf-8")
    return target.as_uri(), table


def test_the_slider_shows_what_its_table_holds(page: "Page", tmp_path: Path) -> None:
    address, table = write(tmp_path, labelled=True)

    page.goto(address)
    at_one_percent = page.inner_text("#now-share")
    page.locator("#threshold").press("End")

    alerts, caught = table["alerts"][-1], table["caught"][-1]
    assert at_one_percent == "1.00\u00a0%"
    assert page.inner_text("#now-threshold") == f"{table['threshold'][-1]:.3f}"
    assert page.inner_text("#now-alerts") == f"{alerts / 10:.0f}"
    assert page.inner_text("#now-false") == f"{alerts - caught}"
    assert page.inner_text("#now-caught") == f"{caught} of {table['fraud']}"
    assert page.inner_text("#now-precision") == f"{100 * caught / alerts:.1f}\u00a0%"


def test_what_a_file_says_is_shown_and_not_run(page: "Page", tmp_path: Path) -> None:
    address, _ = write(tmp_path, labelled=True)

    page.goto(address)

    assert page.title() == "Vigie backtest: made-up.csv"
    assert HOSTILE in page.inner_text("ul.notes")


@pytest.mark.parametrize("labelled", [True, False])
def test_nothing_is_wider_than_a_phone(page: "Page", tmp_path: Path, labelled: bool) -> None:
    address, _ = write(tmp_path, labelled=labelled)

    page.goto(address)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_labels_the_slider_still_counts_alerts(page: "Page", tmp_path: Path) -> None:
    address, table = write(tmp_path, labelled=False)

    page.goto(address)
    page.locator("#threshold").press("Home")

    assert page.inner_text("#now-alerts") == f"{table['alerts'][0] / 10:.1f}"
    assert page.locator("#now-precision").count() == 0
    assert page.inner_text("h1").startswith("Vigie alerts on")
