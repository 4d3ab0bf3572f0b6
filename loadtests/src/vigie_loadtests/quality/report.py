"""Figures on the terminal, as JSON and as a page of its own."""

import html
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from vigie_loadtests.quality.measuring import CountedShare, QualityFigures

TOTAL = "all"
BAR = 260  # width of the recall's scale in pixels


def text_report(figures: Mapping[str, QualityFigures]) -> str:
    """A table of the runs and one of the scenarios over all runs."""
    runs = [
        (
            name, f"{run.transactions:,}", f"{run.anomalies:,}", f"{run.alerts:,}", _percent(run.precision),
            _percent(run.false_positive_rate, 3), _percent(run.recall), _interval(run.recall),
        )
        for name, run in figures.items()
    ]  # fmt: skip
    scenarios = [
        (
            name, str(found.recall.whole), _percent(found.recall), _interval(found.recall),
            f"{found.episodes.part} of {found.episodes.whole}", _seconds(found.median_seconds_to_alert),
        )
        for name, found in figures[TOTAL].scenarios.items()
    ]  # fmt: skip
    return "\n".join(
        [
            *_aligned(
                ("seed", "transactions", "anomalies", "alerts", "precision", "false pos.", "recall", "95 %"), runs
            ),
            "",
            *_aligned(("scenario", "payments", "recall", "95 %", "episodes found", "to alert"), scenarios),
        ]
    )


def write_report(
    folder: Path, figures: Mapping[str, QualityFigures], missed: list[str], about: Mapping[str, object]
) -> None:
    """Write report.json and report.html."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"about": dict(about), "missed": missed, "runs": {name: asdict(run) for name, run in figures.items()}}
    (folder / "report.json").write_text(json.dumps(content, indent=2) + "\n")
    result = "The quality target was reached." if not missed else "Missed: " + "; ".join(missed) + "."
    (folder / "report.html").write_text(
        _PAGE.format(
            result=html.escape(result),
            about=html.escape(", ".join(f"{name} {value}" for name, value in about.items())),
            runs="".join(_run_row(name, run) for name, run in figures.items()),
            scenarios="".join(
                f"<tr><th>{html.escape(name)}</th><td>{scenario.recall.whole}</td><td>{_percent(scenario.recall)}</td>"
                f"<td>{_bar(scenario.recall)}</td><td>{scenario.episodes.part} of {scenario.episodes.whole}</td>"
                f"<td>{_seconds(scenario.median_seconds_to_alert)}</td>"
                f"<td>{_number(scenario.median_payments_before_alert)}</td></tr>"
                for name, scenario in figures[TOTAL].scenarios.items()
            ),
        )
    )


def _aligned(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    table = [head, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in table
    ]


def _run_row(name: str, run: QualityFigures) -> str:
    cells = (
        f"{run.transactions:,}",
        f"{run.anomalies:,}",
        f"{run.alerts:,}",
        f"{_percent(run.precision)} <small>{_interval(run.precision)}</small>",
        _percent(run.false_positive_rate, 3),
        f"{_percent(run.recall)} <small>{_interval(run.recall)}</small>",
    )
    return f"<tr><th>{html.escape(name)}</th>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _bar(share: CountedShare) -> str:
    """The interval as a line and the value as a dot on a scale from 0 to 100 %, 80 % marked."""
    value = 0.0 if share.value is None else share.value
    return (
        f'<svg width="{BAR + 8}" height="16" role="img" aria-label="{_percent(share)}, {_interval(share)}">'
        f'<g transform="translate(4 8)"><path d="M0 0H{BAR}" stroke="#ddd"/>'
        f'<path d="M{0.8 * BAR:.0f} -7V7" stroke="#999" stroke-dasharray="2 2"/>'
        f'<path d="M{share.low * BAR:.1f} 0H{share.high * BAR:.1f}" stroke="#2a7f62" stroke-width="4" opacity=".45"/>'
        f'<circle cx="{value * BAR:.1f}" r="4" fill="#2a7f62"/></g></svg>'
    )


def _percent(share: CountedShare, digits: int = 1) -> str:
    return "none" if share.value is None else f"{share.value:.{digits}%}"


def _interval(share: CountedShare) -> str:
    return f"{100 * share.low:.0f}-{100 * share.high:.0f} %"


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:,.0f} s"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Quality of Vigie on its own stream</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222; }}
table {{ border-collapse: collapse; margin: 1rem 0 2rem; }}
th, td {{ padding: .3rem .9rem .3rem 0; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
th:first-child {{ text-align: left; }} thead th {{ border-bottom: 1px solid #999; }} tbody th {{ font-weight: 500; }}
tbody.runs tr:last-child > * {{ border-top: 1px solid #999; font-weight: 600; }}
small {{ color: #666; font-weight: 400; }}
</style>
<h1>Quality on the generator's own stream</h1>
<p><strong>{result}</strong></p>
<p>Measured live with the generator's labels: {about}. Strengths of the anomalies were chosen with this detector, so
this shows that the parts work together, not how Vigie does on real fraud. Small print: 95 % intervals (Wilson).</p>
<table><thead><tr><th>seed</th><th>transactions</th><th>anomalies</th><th>alerts</th><th>precision</th>
<th>false positives</th><th>recall</th></tr></thead><tbody class="runs">{runs}</tbody></table>
<h2>Recall by scenario, all seeds</h2>
<p>The dashed line is at 80 %. Time and payments before the first alert of an episode are medians of the episodes found,
in simulated time.</p>
<table><thead><tr><th>scenario</th><th>payments</th><th>recall</th><th>0 to 100 %</th><th>episodes found</th>
<th>to the first alert</th><th>payments before</th></tr></thead><tbody>{scenarios}</tbody></table></html>
"""
