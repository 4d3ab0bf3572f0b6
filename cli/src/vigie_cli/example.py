"""`vigie example`: an invented export, to try the way from a file to alerts before one's own export is at hand."""

import csv
import io
import json
import logging
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import pyarrow.parquet as pq
import typer
from confluent_kafka import KafkaError, Message, Producer

from generator.sample import accounts_for, write_sample
from generator.settings import with_overrides
from vigie_runtime import InputError, KafkaSettings, UnavailableError, ensure_topics, load_settings
from vigie_runtime.atomic_files import write_texts
from vigie_schemas import Record, Topic

ROWS: Final = 9_000
SEED: Final = 199
FLUSH_SECONDS: Final = 30.0
WEEK_MS: Final = 7 * 86_400_000
SALARY_EVERY: Final = 90  # rows: some money comes in, as in every export
WORDS: Final = {"groceries": "KARTENZAHLUNG", "cash": "GELDAUTOMAT", "transfer": "ONLINE-UEBERWEISUNG"}
HEADER: Final = (
    "Auftragskonto",
    "Buchungstag",
    "Valutadatum",
    "Buchungstext",
    "Verwendungszweck",
    "Beguenstigter/Zahlungspflichtiger",
    "Betrag",
    "Waehrung",
    "Info",
)
Row = dict[str, Any]


class Kind(StrEnum):
    """What an example looks like."""

    CSV_CAMT = "csv-camt"
    CONNECT = "connect"


def example_command(
    kind: Annotated[Kind, typer.Argument(help="csv-camt: a savings bank's export; connect: records of Kafka Connect.")],
    file: Annotated[Path, typer.Argument(help="File to write.", show_default=False)],
    rows: Annotated[int, typer.Option(min=100, help="Payments to invent.")] = ROWS,
    seed: Annotated[int, typer.Option(min=0, help="The same seed invents the same payments.")] = SEED,
    topic: Annotated[str | None, typer.Option(help="Send each line to this topic as well (KAFKA_* say where).")] = None,
) -> None:
    """Write an invented export of bank transactions, some of them fraud."""
    if file.exists():
        raise InputError(f"{file} is there already. Give another name.")
    text = _FORMS[kind](_payments(rows, seed))
    write_texts(file.absolute().parent, {file.name: text})
    typer.echo(f"{file}: {rows:,} invented payments.")
    if topic is not None:
        _send(topic, text.splitlines())
        typer.echo(f"Sent to the topic {topic}.")


def _send(topic: str, lines: list[str]) -> None:
    """Make the topic where it is missing; raises UnavailableError where Kafka does not take every line."""
    settings = load_settings(KafkaSettings)
    ensure_topics(settings.model_copy(update={"topic_prefix": ""}), [_plain(topic)])
    refused: list[str] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:  # flush alone does not say: it counts what is still on its way
            refused.append(error.str())

    producer = Producer(settings.producer_config(), logger=logging.getLogger("librdkafka"))
    for line in lines:
        producer.produce(topic, line.encode(), on_delivery=delivered)
        producer.poll(0)
    left = producer.flush(FLUSH_SECONDS) + len(refused)
    if left:
        raise UnavailableError(
            f"Kafka at {settings.kafka_bootstrap_servers} did not take {left:,} of {len(lines):,} records "
            f"({refused[0] if refused else 'no answer'}): start it with `make run`, or check KAFKA_BOOTSTRAP_SERVERS."
        )


def _plain(topic: str) -> Topic:
    """A topic of somebody else's, as far as it has to be made."""
    return Topic(topic, Record, key="", partitions=1, retention_ms=WEEK_MS, producers=(), consumers=("bridge",))


def _payments(rows: int, seed: int) -> Iterator[Row]:
    settings = with_overrides(None, {"seed": seed})
    settings = with_overrides(settings, {"accounts": accounts_for(rows, settings.payments_per_day)})
    with tempfile.TemporaryDirectory(prefix="vigie-example-") as folder:
        write_sample(Path(folder) / "sample.parquet", rows, settings)
        yield from pq.read_table(Path(folder) / "sample.parquet").to_pylist()


def _csv_camt(payments: Iterator[Row]) -> str:
    """Dates without times, decimal commas, minus for money out, accounts by IBAN; as savings banks write it."""
    numbers: dict[str, str] = {}
    text = io.StringIO()
    write = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow
    write(HEADER)
    for place, row in enumerate(payments):
        iban = numbers.setdefault(row["account_id"], _iban(len(numbers) + 1))
        day = row["ts"].strftime("%d.%m.%y")
        words = WORDS.get(row["category"], "KARTENZAHLUNG")
        amount = _german(-row["amount"])
        write((iban, day, day, words, row["category"], row["merchant_id"], amount, "EUR", "Umsatz gebucht"))
        if place % SALARY_EVERY == 0:
            write((iban, day, day, "LOHN  GEHALT", "Gehalt", "Arbeitgeber", _german(2_000.0), "EUR", "Umsatz gebucht"))
    return text.getvalue()


def _connect(payments: Iterator[Row]) -> str:
    """One record a line, as Kafka Connect's JSON converter writes a table's rows with their schema."""
    fields = [
        {"field": "id", "type": "int64", "optional": False},
        {"field": "debtor", "type": "string", "optional": False},
        {"field": "creditor", "type": "string", "optional": True},
        {"field": "cents", "type": "int64", "optional": False},
        {"field": "currency", "type": "string", "optional": False},
        {"field": "booked_at", "type": "int64", "optional": False, "name": "org.apache.kafka.connect.data.Timestamp"},
    ]
    schema = {"type": "struct", "name": "payments", "optional": False, "fields": fields}
    lines = []
    for number, row in enumerate(payments):
        milliseconds = (row["ts"] - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
        payload = {
            "id": number,
            "debtor": row["account_id"],
            "creditor": row["merchant_id"],
            "cents": round(row["amount"] * 100),
            "currency": "EUR",
            "booked_at": milliseconds,
        }
        lines.append(json.dumps({"schema": schema, "payload": payload}))
    return "\n".join(lines) + "\n"


def _german(amount: float) -> str:
    return f"{amount:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def _iban(number: int) -> str:
    """An account of a bank that does not exist, with the check digits of ISO 13616."""
    rest = f"99999999{number:010d}"
    check = 98 - int(f"{rest}131400") % 97  # D and E are 13 and 14
    return f"DE{check:02d}{rest}"


_FORMS: Final[dict[Kind, Callable[[Iterator[Row]], str]]] = {Kind.CSV_CAMT: _csv_camt, Kind.CONNECT: _connect}
