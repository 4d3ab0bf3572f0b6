"""Scores made-up transactions aside before the detector reports ready: a cold JVM is seconds behind."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from pyspark.sql import SparkSession

from spark_detector.champion import LoadedChampion
from spark_detector.pipeline import plan_query
from spark_detector.settings import DetectorSettings
from vigie_runtime import VigieError, ensure_topics, get_logger
from vigie_schemas import ALERTS, DEAD_LETTERS, SCHEMA_VERSION, SCORED, TRANSACTIONS

log = get_logger(__name__)

WARM_UP_TOPICS = (TRANSACTIONS, SCORED, ALERTS, DEAD_LETTERS)
LONGEST_SECONDS = 60.0


def warm_up(spark: SparkSession, settings: DetectorSettings, champion: LoadedChampion | None) -> None:
    """Run the query on topics of its own; whatever goes wrong only leaves the start cold.

    Without a champion nothing will be judged, and by the time there is one the learning has warmed everything.
    """
    if champion is None or settings.warm_up_transactions == 0:
        return
    folder = Path(tempfile.mkdtemp(prefix="vigie-warm-up-"))
    aside = settings.model_copy(update={"topic_prefix": f"{settings.topic_prefix}warm-up.", "data_dir": folder})
    started = time.monotonic()
    try:
        ensure_topics(aside, WARM_UP_TOPICS)
        query = plan_query(spark, aside, champion).start()
        try:
            scored = _feed_and_count(aside)
        finally:
            query.stop()
        log.info("warmed up", transactions=scored, seconds=round(time.monotonic() - started, 1))
    except (VigieError, KafkaException) as error:
        log.warning("could not warm up, the first seconds will be slow", error=str(error))
    finally:
        _forget_topics(aside)
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


def _feed_and_count(settings: DetectorSettings) -> int:
    producer = Producer(settings.producer_config())
    topic = settings.topic_name(TRANSACTIONS)
    for transaction in warm_up_transactions(settings.warm_up_transactions):
        producer.produce(topic, key=str(transaction["account_id"]), value=json.dumps(transaction))
        producer.poll(0)
    producer.flush(LONGEST_SECONDS)
    consumer = Consumer(settings.consumer_config("warm-up"))
    consumer.subscribe([settings.topic_name(SCORED)])
    scored, deadline = 0, time.monotonic() + LONGEST_SECONDS
    try:
        while scored < settings.warm_up_transactions and time.monotonic() < deadline:
            scored += sum(message.error() is None for message in consumer.consume(1000, timeout=0.2))
    finally:
        consumer.close()
    return scored


def _forget_topics(settings: DetectorSettings) -> None:
    admin = AdminClient(settings.client_config())
    names = [settings.topic_name(topic) for topic in WARM_UP_TOPICS]
    for future in admin.delete_topics(names).values():
        with suppress(KafkaException):
            future.result(timeout=10)
