"""Fixtures for pytest, which loads this module wherever the package is installed.

It imports nothing of Vigie at its top: coverage is measured from after plugins are loaded, and a package tested by
itself has only some of the others beside it. Servers start once a session, with the first test that asks.
"""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from pyspark.sql import SparkSession

    from vigie_local.broker import EmbeddedKafka
    from vigie_runtime import KafkaSettings
    from vigie_testing.influxdb import InfluxAccess

_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Properties are tried on the same inputs each time, so a change fails by its own fault; VIGIE_EXPLORE: new ones.

    None fails because the machine is busy: times belong to benchmarks.
    """
    config.addinivalue_line(
        "markers", "jvm: runs Spark in pytest's own process; set by itself, by the fixture asked for"
    )
    if find_spec("hypothesis") is not None:
        from hypothesis import settings

        settings.register_profile(
            "vigie", settings.default, deadline=None, derandomize="VIGIE_EXPLORE" not in os.environ
        )
        settings.load_profile("vigie")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs Spark in this process, before `-m` selects: `make test-fast` keeps those tests together."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker("jvm")


@pytest.fixture(scope="session")
def spark() -> Iterator["SparkSession"]:
    """The detector's Spark session, one for all packages: there is only one JVM in a process."""
    if shutil.which("java") is None:
        pytest.skip("no Java on this machine: install Java 17 to run the tests that need Spark")
    pytest.importorskip("pyspark", reason="pyspark is not installed beside this package")
    pytest.importorskip("spark_detector", reason="spark-detector is not installed beside this package")
    from spark_detector.session import start_session
    from spark_detector.settings import DetectorSettings

    session = start_session(DetectorSettings())
    yield session
    session.stop()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator["EmbeddedKafka"]:
    """One real Kafka broker for the whole session."""
    from vigie_local.broker import EmbeddedKafka
    from vigie_testing.ports import free_port

    kafka = EmbeddedKafka(tmp_path_factory.mktemp("kafka"), port=free_port())
    kafka.start()
    try:
        kafka.wait_ready()
        yield kafka
    finally:
        kafka.stop()


@pytest.fixture
def kafka(broker: "EmbeddedKafka", tmp_path: Path) -> "KafkaSettings":
    """Settings for topics of the test's own on the session's broker."""
    from vigie_runtime import KafkaSettings, ensure_topics
    from vigie_schemas import TOPICS

    settings = KafkaSettings(
        kafka_bootstrap_servers=broker.bootstrap_servers,  # pyright: ignore[reportCallIssue] - by its alias too
        topic_prefix=f"t{next(_numbers)}.",
        data_dir=tmp_path,
    )
    ensure_topics(settings, TOPICS)
    return settings


@pytest.fixture(scope="session")
def influx_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator["InfluxAccess"]:
    """A real InfluxDB: the one of VIGIE_TEST_INFLUXDB_URL, else a built one of the session's own."""
    from vigie_testing.influxdb import InfluxAccess, LocalInfluxDB, influxd_binary
    from vigie_testing.ports import free_port

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
def influx(influx_server: "InfluxAccess") -> "InfluxAccess":
    """Access to a bucket of the test's own on the session's server; the metrics sink makes the bucket."""
    return replace(influx_server, bucket=f"test_{os.getpid()}_{next(_numbers)}")


@pytest.fixture(scope="session")
def schema_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real schema registry: VIGIE_TEST_SCHEMA_REGISTRY_URL, else a fetched one of the session's own."""
    from vigie_testing.ports import free_port
    from vigie_testing.schema_registry import LocalSchemaRegistry, schema_registry_binary

    address = os.environ.get("VIGIE_TEST_SCHEMA_REGISTRY_URL")
    if address:
        yield address
        return
    if not schema_registry_binary().exists():
        pytest.skip("no schema registry: set VIGIE_TEST_SCHEMA_REGISTRY_URL or fetch a server, see CONTRIBUTING.md")
    server = LocalSchemaRegistry(tmp_path_factory.mktemp("schema-registry"), port=free_port())
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


@pytest.fixture(scope="session")
def start_registry() -> Callable[..., AbstractContextManager[str]]:
    """Starts a registry of the test's own, with environment variables of its own: a context manager."""
    from vigie_testing.registry import running_registry

    return running_registry


@pytest.fixture(scope="session")
def registry_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One real registry for the whole session; its address."""
    from vigie_testing.registry import running_registry

    with running_registry(tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture
def tracking_uri(registry_server: str) -> str:
    """The session's registry without any model: versions start at 1 again."""
    from mlflow import MlflowClient  # pyright: ignore[reportMissingImports, reportPrivateImportUsage]

    from vigie_schemas import MODEL_NAME

    client = MlflowClient(tracking_uri=registry_server, registry_uri=registry_server)
    if client.search_registered_models(f"name = '{MODEL_NAME}'"):
        client.delete_registered_model(MODEL_NAME)
    return registry_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a PostgreSQL server in which databases may be made, without a database's name."""
    given = os.environ.get("VIGIE_TEST_DATABASE_URL")
    if given:
        yield given.rpartition("/")[0]
        return
    pytest.importorskip("psycopg", reason="psycopg is not installed beside this package")
    from vigie_runtime import UnavailableError
    from vigie_testing.postgres import running_postgres

    with ExitStack() as stack:
        try:
            address = stack.enter_context(running_postgres())
        except UnavailableError as error:
            pytest.skip(str(error))
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """One browser for the whole session: Playwright allows no second one beside it."""
    from vigie_testing.browser import open_browser

    with open_browser() as browser:
        yield browser
