"""What needs no broker; everything else: tests/integration/test_partition_reader.py."""

import socket
import time
from collections.abc import Iterator

import pytest

from vigie_runtime import KafkaSettings, UnavailableError
from vigie_runtime.partition_reader import PartitionReader


@pytest.fixture
def reader() -> Iterator[PartitionReader]:
    """A reader of a port that refuses connections."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings = KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{unused.getsockname()[1]}")
        reader = PartitionReader(settings, ["transactions"], client="test", call_timeout_seconds=0.5)
        yield reader
        reader.close()


def test_without_a_broker_nothing_is_assigned_and_the_error_says_why(reader: PartitionReader) -> None:
    began = time.monotonic()

    with pytest.raises(UnavailableError, match=r"Connection refused.*KAFKA_BOOTSTRAP_SERVERS"):
        reader.assign()
    with pytest.raises(UnavailableError, match="KAFKA_BOOTSTRAP_SERVERS"):
        reader.held("transactions")

    assert time.monotonic() - began < 10
    assert reader.read(0.1) == ([], [])


def test_silence_has_the_reason_of_the_connections(reader: PartitionReader) -> None:
    error = reader.silence()

    assert isinstance(error, UnavailableError)
    assert "nothing arrives of transactions" in str(error) or "Connection refused" in str(error)
