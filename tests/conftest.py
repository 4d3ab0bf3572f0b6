"""Real servers shared by the tests that cross services."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from vigie_local.broker import EmbeddedKafka
from vigie_local.ports import free_port
from vigie_runtime import KafkaSettings, ensure_topics
from vigie_schemas import TOPICS

_numbers = itertools.count(1)


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
