"""`vigie labels`: what became known of transactions elsewhere."""

import json
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress

from vigie_cli.labels_import.label_file import COLUMNS, FileLabel, LabelFile, read_label_file
from vigie_cli.labels_import.questions import ask
from vigie_cli.labels_import.topics import ScoredBefore, scored_before, write_labels
from vigie_cli.labels_import.view import as_json, show_preview
from vigie_cli.topic_reading import kafka_as_given
from vigie_runtime import InputError, KafkaSettings, configure_logs, load_settings
from vigie_runtime.pseudonyms import PseudonymSettings, load_pseudonyms
from vigie_schemas import SCHEMA_VERSION, Label

labels_app: Final = typer.Typer(
    no_args_is_help=True, help="Labels: what is known to be true of transactions, from elsewhere."
)


labels_app.command("ask")(ask)


@labels_app.command("import")
def import_labels(
    file: Annotated[Path, typer.Argument(help="Table of transactions and what they were.", show_default=False)],
    column: Annotated[
        list[str] | None, typer.Option(help=f"OURS=THEIRS where a column has another name; ours: {', '.join(COLUMNS)}.")
    ] = None,
    all_fraud: Annotated[
        bool, typer.Option("--all-fraud", help="Each row is a fraud, as in a file of chargebacks.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON; needs --yes or --dry-run.")] = False,
) -> None:
    """Import from a file which scored transactions were fraud and which were not, after a preview.

    A label counts for a transaction that the scored topic still holds. Exit code 2: the sentence says what to do.
    """
    if is_json and not (yes or dry_run):
        raise InputError("--json asks no question: add --yes to write, or --dry-run.")
    naming = load_settings(PseudonymSettings)
    found = read_label_file(file, _columns(column or []), partial(load_pseudonyms, naming), all_fraud=all_fraud)
    settings = load_settings(KafkaSettings)
    configure_logs(settings.model_copy(update={"log_format": "text"}), "cli")
    console = Console()
    with kafka_as_given():
        matched = _matched(settings, found)
        if is_json:
            typer.echo(json.dumps(as_json(found, matched), indent=2))
        else:
            show_preview(file.name, found, matched, console)
        if not matched:
            raise InputError(
                "None of the file's transactions was scored as far as Kafka's records go back, so nothing was "
                "written: look at the names in its column transaction_id, or at KAFKA_BOOTSTRAP_SERVERS."
            )
        if dry_run or not (yes or typer.confirm(f"Write {len(matched):,} labels?")):
            return
        write_labels(settings, matched)
    if not is_json:
        console.print(f"{len(matched):,} labels written. The next training learns from them.")


def _matched(settings: KafkaSettings, found: LabelFile) -> list[Label]:
    """Labels of the transactions that were scored."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("looking for the transactions", total=None)
        transactions = scored_before(
            settings,
            found.labels.keys(),
            begin=lambda records: progress.update(task, total=records),
            step=lambda: progress.advance(task),
        )
    now_ms = int(time.time() * 1000)
    return [_label(name, scored, found.labels[name], now_ms) for name, scored in transactions.items()]


def _label(name: str, scored: ScoredBefore, said: FileLabel, now_ms: int) -> Label:
    return Label(
        schema_version=SCHEMA_VERSION,
        transaction_id=name,
        account_id=scored.account_id,
        is_fraud=said.is_fraud,
        scenario=said.scenario,
        source="dataset",
        labelled_at_ms=now_ms if said.labelled_at_ms is None else said.labelled_at_ms,
        timestamp_ms=scored.timestamp_ms,
        counterparty_id=scored.counterparty_id,
    )


def _columns(given: list[str]) -> dict[str, str]:
    """OURS=THEIRS by ours; raises InputError for what is no such pair."""
    pairs = dict[str, str]()
    for pair in given:
        ours, mark, theirs = pair.partition("=")
        if not mark or ours not in COLUMNS or not theirs:
            raise InputError(f"--column {pair} is no OURS=THEIRS: ours is one of {', '.join(COLUMNS)}.")
        pairs[ours] = theirs
    return pairs
