"""`python -m vigie_backtest`: measure detection quality on a file."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from trainer.quality.ranking import BUDGETS
from vigie_backtest.options import SEEDS, Options
from vigie_backtest.progress import Progress, table_of
from vigie_backtest.run import run_backtest
from vigie_intake.preparing import parse_columns
from vigie_runtime import run_entry_point

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def backtest(
    data: Annotated[Path, typer.Argument(help="File or folder of transactions, labelled or not: see `vigie inspect`.")],
    out: Annotated[Path, typer.Option(help="Folder for report.html and report.json.")] = Path("build/backtest"),
    column: Annotated[list[str] | None, typer.Option(help="OURS=THEIRS where a column has another name.")] = None,
    train_share: Annotated[float, typer.Option(help="Part of the time span that is learned from.")] = 0.6,
    seed: Annotated[list[int], typer.Option(help="Seed of a forest.")] = list(SEEDS),  # noqa: B006 - typer's form
    budget: Annotated[list[float], typer.Option(help="Flagged share to measure at.")] = list(BUDGETS),  # noqa: B006
    without: Annotated[
        list[str] | None, typer.Option(help="Scenario whose rows neither teach nor are evaluated.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="Currency of the amounts where the file names none; else EUR.")
    ] = None,
    cards_a_day: Annotated[int, typer.Option(help="Accounts an investigator looks at in a day.")] = 100,
    labels: Annotated[
        str | None, typer.Option(help="Time after which a label is known and teaches the second stage, as 7d or 12h.")
    ] = None,
    answers: Annotated[
        int | None, typer.Option(help="Questions about the first part that a person answers; no other label is known.")
    ] = None,
    lies: Annotated[
        str | None, typer.Option(help="Labels lie to the training: a tenth of them, or fraudsters' own.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="TOML file that says which column is which field.")] = None,
    mlflow: Annotated[
        str | None, typer.Option(help="MLflow's address; else MLFLOW_TRACKING_URI, else a store in OUT.")
    ] = None,
) -> None:
    """Learn on the first part of a file's time span, measure the detector on the rest, write a report."""
    options = Options(
        data=data,
        out=out,
        columns=parse_columns(column or ()),
        train_share=train_share,
        seeds=tuple(dict.fromkeys(seed)),
        budgets=tuple(sorted(set(budget))),
        without=tuple(without or ()),
        currency=currency,
        cards_a_day=cards_a_day,
        labels=labels,
        answers=answers,
        lies=lies,
        mapping=mapping,
        mlflow=mlflow or os.environ.get("MLFLOW_TRACKING_URI") or None,
    )
    console = Console()
    with Progress(console) as progress:
        report = run_backtest(options, progress)
    console.print(table_of(report))
    console.print(f"See {out / 'report.html'}", soft_wrap=True)


if __name__ == "__main__":
    run_entry_point(app)
