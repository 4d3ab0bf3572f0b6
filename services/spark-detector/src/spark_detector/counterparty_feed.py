"""Reads the counterparties' topic from its beginning on, and has the running queries know what it says."""

import threading
from typing import Final

from confluent_kafka import Message
from pydantic import ValidationError

from spark_detector.running_values import RunningValues
from spark_detector.settings import DetectorSettings
from spark_detector.status import DetectorStatus
from vigie_runtime import VigieError, get_logger
from vigie_runtime.partition_reader import PartitionReader
from vigie_schemas import COUNTERPARTIES, Counterparty

CLIENT: Final = "spark-detector-counterparties"
READ_TIMEOUT_SECONDS: Final = 0.5
RETRY_SECONDS: Final = 1.0
NOTHING: Final = ""
"""No labels: what is read of it is null."""

log = get_logger(__name__)


class CounterpartyFeed:
    """Keeps no offsets: the topic holds the last word on each counterparty, and a new JVM needs all of them."""

    def __init__(self, settings: DetectorSettings, values: RunningValues, status: DetectorStatus) -> None:
        self._settings = settings
        self._values = values
        self._status = status
        self._known: set[str] = set()
        self._problem: str | None = None

    def follow(self, stop: threading.Event) -> threading.Thread:
        """Follow in a thread of its own until `stop` is set. A start does not wait for it."""
        thread = threading.Thread(target=self._run, args=(stop,), name="counterparties", daemon=True)
        thread.start()
        return thread

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self._read(stop)
            except Exception as error:
                self._report(error)
                stop.wait(RETRY_SECONDS)

    def _read(self, stop: threading.Event) -> None:
        """From the beginning, so that nothing read before an error is missing after it."""
        reader = PartitionReader(
            self._settings, [self._settings.topic_name(COUNTERPARTIES)], client=CLIENT, gather_ms=500
        )
        try:
            reader.assign()
            while not stop.is_set():
                self._take(reader.read(READ_TIMEOUT_SECONDS, until_full=True).records)
                self._problem = None
        finally:
            reader.close()

    def _take(self, messages: list[Message]) -> None:
        texts = dict(text for message in messages if (text := self._text_of(message)) is not None)
        if not texts:
            return
        self._values.publish_texts(texts)
        self._known |= {name for name, text in texts.items() if text != NOTHING}
        self._known -= {name for name, text in texts.items() if text == NOTHING}
        self._status.knows_counterparties(len(self._known))

    def _text_of(self, message: Message) -> tuple[str, str] | None:
        """The counterparty's name and what the query reads under it; None for a record that says neither."""
        key, value = message.key(), message.value()
        if value is None and key:
            return (key if isinstance(key, str) else key.decode(errors="replace")), NOTHING
        try:
            counterparty = Counterparty.model_validate_json(value or b"")
        except ValidationError:
            log.warning("counterparty record refused", partition=message.partition(), offset=message.offset())
            return None
        return counterparty.counterparty_id, counterparty.labels.model_dump_json()

    def _report(self, error: Exception) -> None:
        """Once, not each second for as long as it lasts."""
        is_new, self._problem = str(error) != self._problem, str(error)
        if is_new and isinstance(error, VigieError):
            log.warning("counterparties not read", reason=str(error))
        elif is_new:
            log.error("counterparties failed unexpectedly", exc_info=error)
