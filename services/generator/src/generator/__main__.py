"""`python -m generator`: run, replay, sample."""

from pathlib import Path
from typing import Annotated

import typer

from generator.replay import replay as replay_file
from generator.sample import accounts_for, write_sample
from generator.settings import with_overrides
from generator.streaming import TransactionGenerator
from generator.transaction_file import TransactionFile
from vigie_intake.mapping_file import read_mapping
from vigie_intake.preparing import parse_columns, prepare
from vigie_runtime import configure_logs, run_entry_point, stop_event

app = typer.Typer(
    help="Makes bank transactions of accounts with habits, and replays files.", pretty_exceptions_enable=False
)

File = Annotated[Path, typer.Argument(metavar="FILE.parquet", help="File to write.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Stop after so many transactions.")]
Rate = Annotated[float | None, typer.Option(help="Live transactions a second (VIGIE_RATE).")]
Seed = Annotated[int | None, typer.Option(help="Seed of accounts and payments (VIGIE_SEED).")]
Accounts = Annotated[int | None, typer.Option(help="Accounts in the population (VIGIE_ACCOUNTS).")]


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """Makes bank transactions of accounts with habits, and replays files; without a command it runs."""
    if context.invoked_subcommand is None:
        run()


@app.command()
def run(rate: Rate = None, seed: Seed = None, accounts: Accounts = None, limit: Limit = None) -> None:
    """Send history, then live traffic, until stopped."""
    settings = with_overrides(None, _given(rate=rate, seed=seed, accounts=accounts))
    configure_logs(settings, "generator")
    summary = TransactionGenerator(settings).start_streaming(stop=stop_event(), limit=limit)
    if summary.gateway:
        _say(str(summary.gateway))
    _say(f"{summary.sent} transactions and {summary.labels} labels sent, {summary.delivery_errors} not delivered.")


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="File or folder of transactions: see `vigie inspect`.")],
    speed: Annotated[float, typer.Option(min=0.001, help="1 is the true pace, 10 ten times as fast.")] = 1.0,
    flat_out: Annotated[bool, typer.Option("--flat-out", help="Without any pause, whatever the speed.")] = False,
    limit: Limit = None,
    mapping: Annotated[Path | None, typer.Option(help="TOML file that says which column is which field.")] = None,
    column: Annotated[list[str] | None, typer.Option(help="OURS=THEIRS where a column has another name.")] = None,
    currency: Annotated[str | None, typer.Option(help="Where the file names none; else EUR.")] = None,
) -> None:
    """Send the transactions of a file and later the labels it has."""
    settings = with_overrides(None, {})
    configure_logs(settings, "generator")
    prepared = prepare(
        file,
        mapping=None if mapping is None else read_mapping(mapping),
        columns=parse_columns(column or ()),
        currency=currency,
    )
    for note in prepared.notes:
        _say(note)
    rows = TransactionFile(prepared)
    summary = replay_file(rows, settings, stop_event(), speed=None if flat_out else speed, limit=limit)
    for sentence in summary.tally.sentences():
        _say(sentence)
    if summary.gateway:
        _say(str(summary.gateway))
    _say(
        f"{summary.sent} transactions and {summary.labels} labels sent, {summary.tally.refused} rows refused, "
        f"{summary.delivery_errors} not delivered."
    )


@app.command()
def sample(
    file: File,
    rows: Annotated[int, typer.Option(min=1, help="Rows to write.")] = 6000,
    seed: Seed = None,
    accounts: Accounts = None,
) -> None:
    """Write a labelled sample; without --accounts it has as many as fill about forty days."""
    settings = with_overrides(None, _given(seed=seed, accounts=accounts))
    if accounts is None:
        settings = with_overrides(settings, {"accounts": accounts_for(rows, settings.payments_per_day)})
    write_sample(file, rows, settings)
    _say(f"{rows} rows written to {file}.")


def _given(**options: object) -> dict[str, object]:
    return {name: value for name, value in options.items() if value is not None}


def _say(text: str) -> None:
    typer.echo(text, err=True)


if __name__ == "__main__":
    run_entry_point(app)
