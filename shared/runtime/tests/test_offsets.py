"""Looking up offsets while leaders change; on a real broker: tests/integration/test_partition_reader.py."""

from collections.abc import Callable

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from vigie_runtime import UnavailableError
from vigie_runtime.kafka_errors import ELECTING, ConnectionErrors
from vigie_runtime.offsets import OffsetLookup, OffsetRange


class Electing:
    """A consumer whose partition has no leader for its first questions: a moment that a real broker shows by chance."""

    def __init__(self, code: int, refusals: int) -> None:
        self._code, self.refusals = code, refusals

    def get_watermark_offsets(self, partition: TopicPartition, timeout: float) -> tuple[int, int]:
        assert (partition.topic, partition.partition) == ("transactions", 1)
        if self.refusals > 0:
            self.refusals -= 1
            raise KafkaException(KafkaError(self._code))
        return 3, 8

    def poll(self, timeout: float) -> None:
        return None


@pytest.fixture
def lookup_of() -> Callable[[Electing, float], OffsetLookup]:
    def make(consumer: Electing, timeout_seconds: float) -> OffsetLookup:
        return OffsetLookup(consumer, ConnectionErrors("127.0.0.1:9092"), timeout_seconds)  # type: ignore[arg-type]

    return make


@pytest.mark.parametrize("code", sorted(ELECTING))
def test_a_leader_that_takes_over_is_waited_for(code: int, lookup_of: Callable[..., OffsetLookup]) -> None:
    assert lookup_of(Electing(code, refusals=2), 30).held(("transactions", 1)) == OffsetRange(3, 8)


def test_a_leader_that_never_comes_is_told_as_such(lookup_of: Callable[..., OffsetLookup]) -> None:
    with pytest.raises(UnavailableError, match="no leader for a partition yet"):
        lookup_of(Electing(KafkaError.NOT_LEADER_FOR_PARTITION, refusals=10_000), 0.2).held(("transactions", 1))


def test_other_refusals_are_not_asked_again(lookup_of: Callable[..., OffsetLookup]) -> None:
    consumer = Electing(KafkaError.BROKER_NOT_AVAILABLE, refusals=2)

    with pytest.raises(UnavailableError):
        lookup_of(consumer, 30).held(("transactions", 1))

    assert consumer.refusals == 1
