"""What a person sees while a backtest runs, and the table at its end."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trainer.quality.ranking import Figures

NAMES = {
    "forest": "forest without labels",
    "amount": "amount alone",
    "z_score": "z-score of the amount",
    "supervised_ceiling": "supervised ceiling",
}


class Progress:
    """Says each step when it begins and how long the one before took."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._started: float | None = None
        self._status = console.status("")

    def __enter__(self) -> "Progress":
        """Show the status line until the block ends."""
        self._status.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Take the status line away, whatever happened."""
        if kind is None:
            self._finish()
        self._status.stop()

    def step(self, name: str) -> None:
        """A new step has begun."""
        self._finish()
        self._started, self._name = self._clock(), name
        self._status.update(f"{name} ...")

    def tell(self, notes: Sequence[str]) -> None:
        """Say what a person should know before the figures come."""
        for note in notes:
            self._console.print(f"  [yellow]·[/yellow] {escape(note)}", soft_wrap=True)

    def _finish(self) -> None:
        if self._started is not None:
            self._console.print(f"  [dim]{self._clock() - self._started:5.1f} s[/dim]  {self._name}")
            self._started = None


def table_of(report: Figures) -> Table:
    """Detector, baselines and ceiling at every budget."""
    table = Table(
        title="Recall in %, and precision below it, by flagged share",
        title_justify="left",
        title_style="bold",
        box=SIMPLE,
    )
    table.add_column("", no_wrap=True)
    budgets = list(cast(Mapping[str, object], report["at_budget"]))
    for name in (*[f"{float(budget) * 100:g}\u00a0%" for budget in budgets], "ROC AUC", "avg. prec."):
        table.add_column(name, justify="right", no_wrap=True)
    for name, figures in rows_of(report).items():
        at_budget = cast(Mapping[str, Mapping[str, float | None]], figures["at_budget"])
        cells = [f"{_hundredths(at['recall'])}\n[dim]{_hundredths(at['precision'])}[/dim]" for at in at_budget.values()]
        table.add_row(name, *cells, number(figures["roc_auc"]), number(figures["average_precision"]))
    return table


def rows_of(report: Figures) -> dict[str, Figures]:
    """What is compared, by the name people read."""
    rows = {"Vigie": cast(Figures, report["mean"])}
    rows |= {NAMES.get(name, name): each for name, each in cast(dict[str, Figures], report["baselines"]).items()}
    if report["supervised_ceiling"]:
        rows[NAMES["supervised_ceiling"]] = cast(Figures, report["supervised_ceiling"])
    return rows


def percent(share: object) -> str:
    """`0.344` → `34.4 %`, a dash where it is not known."""
    return f"{share * 100:.1f}\u00a0%" if isinstance(share, (int, float)) else "-"


def number(value: object) -> str:
    """Three decimals, a dash where it is not known."""
    return f"{value:.3f}" if isinstance(value, (int, float)) else "-"


def _hundredths(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f}"
