"""`vigie model differences`: the transactions on which only champion or only challenger would alert."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress

from vigie_cli.topic_reading import kafka_as_given, records_of
from vigie_runtime import InputError, KafkaSettings, configure_logs, load_settings
from vigie_schemas import CHALLENGER_SCORES, ChallengerScore

CLIENT: Final = "vigie-model-differences"
COLUMNS: Final = (
    "transaction_id",
    "account_id",
    "time",
    "segment",
    "raised_by",
    "champion_version",
    "score",
    "challenger_version",
    "challenger_score",
    "challenger_threshold",
    "label",
)
"""The last one is empty: once filled in, `vigie labels import` reads the file."""


def differences(
    out: Annotated[Path, typer.Option(help="Table to write; it must not exist.", show_default=False)],
    version: Annotated[
        int | None, typer.Option(help="Of which challenger; without it: of all there were.", show_default=False)
    ] = None,
) -> None:
    """Write the transactions on which champion and challenger do not agree, for people to look at."""
    if out.exists():
        raise InputError(f"{out} exists already: choose another name, or remove it.")
    settings = load_settings(KafkaSettings)
    configure_logs(settings.model_copy(update={"log_format": "text"}), "cli")
    with kafka_as_given():
        found = {one.transaction_id: one for one in _read(settings) if version in (None, one.challenger_version)}
    apart = sorted(
        (one for one in found.values() if one.is_anomaly != one.challenger_is_anomaly), key=lambda one: one.timestamp_ms
    )
    with out.open("x", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(map(_row, apart))
    typer.echo(f"{len(found):,} transactions were scored by both, {len(apart):,} of them stand in {out}.")


def _read(settings: KafkaSettings) -> Iterator[ChallengerScore]:
    topic = settings.topic_name(CHALLENGER_SCORES)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Reading", total=None)
        for message in records_of(
            settings, topic, client=CLIENT, begin=lambda count: progress.update(task, total=count)
        ):
            progress.advance(task)
            try:
                yield ChallengerScore.model_validate_json(message.value() or b"")
            except ValidationError:
                continue


def _row(one: ChallengerScore) -> tuple[object, ...]:
    return (
        one.transaction_id,
        one.account_id,
        datetime.fromtimestamp(one.timestamp_ms / 1_000, UTC).isoformat(timespec="milliseconds"),
        one.segment,
        "champion" if one.is_anomaly else "challenger",
        one.model_version,
        f"{one.score:.6f}",
        one.challenger_version,
        f"{one.challenger_score:.6f}",
        f"{one.challenger_threshold:.6f}",
        "",
    )
