"""Spark and real servers, shared by the tests that cross services."""

import itertools
import os
import shutil
from collections.abc import Iterator
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
