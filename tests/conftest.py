"""Spark and real servers, shared by the tests that cross services."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from spark_detector.session import start_session
from spark_detector.settings import DetectorSettings
from vigie_local.broker import EmbeddedKafka
from vigie_local.influxdb import InfluxAccess, LocalInfluxDB, influxd_binary
from vigie_local.ports import free_port
from vigie_runtime import KafkaSettings, ensure_topics
from vigie_schemas import TOPICS

DAY_MS = 86_400_000
NOON_MS = 1_735_732_800_000  # 2025-01-01T12:00:00Z

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    if shutil.which("java") is None:
        pytest.skip("no Java on this machine: install Java 17 to run the tests that need Spark")
    session = start_session(DetectorSettings())
    yield session
    session.stop()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKafka]:
    """One real broker for the whole session."""
    kafka = EmbeddedKafka(tmp_path_factory.mktemp("kafka"), port=free_port())
    kafka.start()
    try:
        kafka.wait_ready()
        yield kafka
    finally:
        kafka.stop()


@pytest.fixture
def kafka(broker: EmbeddedKafka, tmp_path: Path) -> KafkaSettings:
    """Settings for topics of the test's own on the session's broker."""
    settings = KafkaSettings(
        kafka_bootstrap_servers=broker.bootstrap_servers,
        topic_prefix=f"t{next(_numbers)}.",
        data_dir=tmp_path,
    )
    ensure_topics(settings, TOPICS)
    return settings


@pytest.fixture(scope="session")
def influx_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxAccess]:
    """A real InfluxDB: the one of the environment, else a built one of our own."""
    address = os.environ.get("VIGIE_TEST_INFLUXDB_URL")
    if address:
        token, org = os.environ.get("INFLUXDB_TOKEN", ""), os.environ.get("INFLUXDB_ORG", "vigie")
        yield InfluxAccess(address, token, org, "vigie")
        return
    if not influxd_binary().exists():
        pytest.skip("no InfluxDB: set VIGIE_TEST_INFLUXDB_URL or build a server, see CONTRIBUTING.md")
    server = LocalInfluxDB(tmp_path_factory.mktemp("influxdb"), port=free_port())
    server.start()
    try:
        yield server.access
    finally:
        server.stop()


@pytest.fixture
def influx(influx_server: InfluxAccess) -> InfluxAccess:
    """A bucket of the test's own on the session's server; the sink makes it."""
    return replace(influx_server, bucket=f"test_{next(_numbers)}")


def a_payment(account: str, number: int, **changes: object) -> dict[str, object]:
    """A daily payment of 20 EUR at noon in Lyon."""
    return {
        "schema_version": 1,
        "transaction_id": f"{account}-{number}",
        "account_id": account,
        "timestamp_ms": NOON_MS + number * DAY_MS,
        "amount": 20.0 + number % 3,
        "currency": "EUR",
        "merchant_id": f"shop-{number % 4}",
        "category": "groceries",
        "country": "FR",
        "lat": 45.76,
        "lon": 4.84,
        **changes,
    }


def a_planted_anomaly(account: str) -> tuple[list[dict[str, object]], str]:
    """Twenty-four ordinary days, then at three in the morning 4,900 EUR to a stranger in Japan; and that one's id."""
    ordinary = [a_payment(account, number) for number in range(24)]
    night = a_payment(
        account,
        24,
        timestamp_ms=NOON_MS + 23 * DAY_MS + 15 * 3_600_000,
        amount=4900.0,
        merchant_id="stranger",
        country="JP",
        lat=35.68,
        lon=139.69,
    )
    return [*ordinary, night], str(night["transaction_id"])


@pytest.fixture
def payment() -> Callable[..., dict[str, object]]:
    """Make an account's payment of one day, by its number."""
    return a_payment


@pytest.fixture
def planted() -> Callable[[str], tuple[list[dict[str, object]], str]]:
    """Make an account's payments of which the last is one to be found, and that one's id."""
    return a_planted_anomaly
