"""Scores made-up transactions aside before the detector reports ready: a cold JVM is seconds behind."""

import json
import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from spark_detector.champion import LoadedChampion
from spark_detector.output_range import OutputRange
from spark_detector.pipeline import histories
from spark_detector.serving import ServingQuery
from spark_detector.settings import DetectorSettings
from vigie_runtime import VigieError, ensure_topics, get_logger
from vigie_schemas import ALERTS, DEAD_LETTERS, SCHEMA_VERSION, SCORED, TRANSACTIONS

log = get_logger(__name__)

WARM_UP_TOPICS = (TRANSACTIONS, SCORED, ALERTS, DEAD_LETTERS)
MAX_SECONDS = 60.0
POLL_SECONDS = 0.2
DELETE_TIMEOUT_SECONDS = 5.0


def warm_up(
    spark: SparkSession, settings: DetectorSettings, champion: LoadedChampion | None, stop: threading.Event
) -> None:
    """Run the query on topics of its own, until `stop` at most; whatever goes wrong only leaves the start cold.

    Without a champion nothing will be judged, and by the time there is one the learning has warmed everything.
    """
    if champion is None or settings.warm_up_transactions == 0:
        return
    folder = Path(tempfile.mkdtemp(prefix="vigie-warm-up-"))
    aside = settings.model_copy(update={"topic_prefix": f"{settings.topic_prefix}warm-up.", "data_dir": folder})
    started = time.monotonic()
    try:
        ensure_topics(aside, WARM_UP_TOPICS)
        partitions = range(TRANSACTIONS.partitions)
        query = ServingQuery(
            histories(spark, aside),
            aside,
            champion,
            name="warm-up",
            folder=folder / "checkpoint",
            begin=dict.fromkeys(partitions, 0),
        )
        try:
            query.start(OutputRange(begin=dict.fromkeys(partitions, 0)))
            scored = _send_and_count(aside, stop)
        finally:
            query.stop()
        log.info("warmed up", transactions=scored, seconds=round(time.monotonic() - started, 1))
    except (VigieError, KafkaException, BufferError, PySparkException) as error:
        log.warning("could not warm up, the first seconds will be slow", error=str(error))
    finally:
        _delete_topics(aside)
        shutil.rmtree(folder, ignore_errors=True)


def warm_up_transactions(count: int) -> Iterator[dict[str, object]]:
    """Made-up payments of a hundred accounts; every seventh stands out so that alerts are compiled too."""
    for number in range(count):
        yield {
            "schema_version": SCHEMA_VERSION,
            "transaction_id": f"warm-up-{number}",
            "account_id": f"warm-up-{number % 100}",
            "timestamp_ms": 1_700_000_000_000 + number * 60_000,
            "amount": 5000.0 if number % 7 == 0 else 10.0 + number % 13,
            "currency": "EUR",
            "merchant_id": f"merchant-{number % 29}",
            "category": "groceries",
            "country": "JP" if number % 7 == 0 else "FR",
            "lat": 35.7 if number % 7 == 0 else 48.9,
            "lon": 139.7 if number % 7 == 0 else 2.4,
            "sent_at_us": None,
        }


def _send_and_count(settings: DetectorSettings, stop: threading.Event) -> int:
    """Send the made-up payments and read their scores; how many came before `stop` or the end of the time."""
    deadline = time.monotonic() + MAX_SECONDS

    def goes_on() -> bool:
        return not stop.is_set() and time.monotonic() < deadline

    producer = Producer(settings.producer_config(), logger=logging.getLogger("librdkafka"))
    topic = settings.topic_name(TRANSACTIONS)
    for transaction in warm_up_transactions(settings.warm_up_transactions):
        producer.produce(topic, key=str(transaction["account_id"]), value=json.dumps(transaction))
        producer.poll(0)
    while producer.flush(POLL_SECONDS) and goes_on():
        pass
    consumer = Consumer(settings.consumer_config("warm-up"), logger=logging.getLogger("librdkafka"))
    consumer.subscribe([settings.topic_name(SCORED)])
    scored = 0
    try:
        while scored < settings.warm_up_transactions and goes_on():
            scored += sum(message.error() is None for message in consumer.consume(1000, timeout=POLL_SECONDS))
    finally:
        consumer.close()
    return scored


def _delete_topics(settings: DetectorSettings) -> None:
    admin = AdminClient(settings.client_config() | {"log_level": 0})
    names = [settings.topic_name(topic) for topic in WARM_UP_TOPICS]
    for deleted in admin.delete_topics(names, request_timeout=DELETE_TIMEOUT_SECONDS).values():
        with suppress(KafkaException):
            deleted.result()
