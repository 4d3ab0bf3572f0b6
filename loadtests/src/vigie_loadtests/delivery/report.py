"""Figures as a table on the terminal and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from vigie_loadtests.delivery.measuring import Completeness, Latencies


def print_figures(console: Console, timed: Sequence[Latencies], complete: Completeness | None) -> None:
    """Print one table a run."""
    if timed:
        table = Table("alert on the topic until", "alerts", "p50 ms", "p99 ms", "max ms", "bound p99 ms")
        for row in timed:
            figures = (_ms(row.p50_ms), _ms(row.p99_ms), _ms(row.max_ms), _ms(row.limit_ms))
            table.add_row(row.what, f"{row.count:,}", *figures)
        console.print(table)
    if complete:
        table = Table("a receiver that fails, a service that is killed", "")
        for name, value in asdict(complete).items():
            table.add_row(name.replace("_", " "), f"{value:,}")
        console.print(table)


def write_report(folder: Path, timed: Sequence[Latencies], complete: Completeness | None, missed: list[str]) -> None:
    """Write report.json."""
    content = {
        "missed": missed,
        "in_time": [asdict(row) for row in timed],
        "failures": asdict(complete) if complete else None,
    }
    (folder / "report.json").write_text(json.dumps(content, indent=2) + "\n")


def _ms(value: float | None) -> str:
    return "none" if value is None else f"{value:,.0f}"
