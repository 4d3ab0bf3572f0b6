"""A gateway and a detector that the test plays, on the session's broker."""

from collections.abc import Iterator

import pytest

from vigie_runtime import KafkaSettings
from vigie_testing.played_detector import PlayedDetector
from vigie_testing.running_gateway import GatewayCaller, running, settings_of


@pytest.fixture
def detector(kafka: KafkaSettings) -> Iterator[PlayedDetector]:
    with PlayedDetector(kafka) as detector:
        yield detector


@pytest.fixture
def gateway(kafka: KafkaSettings, detector: PlayedDetector) -> Iterator[GatewayCaller]:
    with running(settings_of(kafka)) as caller:
        caller.wait_ready()
        yield caller
