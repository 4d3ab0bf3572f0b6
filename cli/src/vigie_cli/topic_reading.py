"""A topic as it stands, for commands that read it once."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Final

from confluent_kafka import Message

from vigie_runtime import ConfigurationError, KafkaSettings, UnavailableError
from vigie_runtime.partition_reader import PartitionReader

SILENCE_SECONDS: Final = 15.0
READ_TIMEOUT_SECONDS: Final = 0.2


def records_of(
    settings: KafkaSettings, topic: str, *, client: str, begin: Callable[[int], None] = lambda _: None
) -> Iterator[Message]:
    """All that the topic holds now; `begin` hears how many records that are. Raises UnavailableError."""
    with closing(PartitionReader(settings, [topic], client=client)) as reader:
        held = reader.held(topic)
        begin(sum(part.records for part in held.values()))
        left = set(held)
        reader.assign()
        silent_since = time.monotonic()
        while left:
            batch = reader.read(READ_TIMEOUT_SECONDS)
            yield from batch.records
            left -= {number for _, number in batch.ended}
            if batch.records or batch.ended:
                silent_since = time.monotonic()
            elif time.monotonic() - silent_since > SILENCE_SECONDS:
                raise reader.silence()


@contextmanager
def kafka_as_given() -> Iterator[None]:
    """Let a Kafka that does not answer be a wrong KAFKA_BOOTSTRAP_SERVERS, which is what it mostly is at a desk."""
    try:
        yield
    except UnavailableError as error:
        raise ConfigurationError(str(error)) from None
