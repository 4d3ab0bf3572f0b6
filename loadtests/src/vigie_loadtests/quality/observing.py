"""Reads scored transactions and labels of a running system and puts them together."""

import json
import time
from collections.abc import Callable
from contextlib import closing

from vigie_loadtests.quality.measuring import LabelledTransaction
from vigie_runtime import KafkaSettings, UnavailableError
from vigie_runtime.partition_reader import PartitionReader
from vigie_schemas import LABELS, SCORED

Record = dict[str, object]


class Observations:
    """Live transactions that a model has scored, in the order of their scoring, and all labels."""

    def __init__(self, history: int, settle: int, transactions: int) -> None:
        self._history = history
        self._settle = settle
        self._transactions = transactions
        self._scored: dict[str, Record] = {}
        self._labels: dict[str, Record] = {}
        self.repeated = 0

    @property
    def scored(self) -> int:
        """Live transactions scored so far, those of the settling included."""
        return len(self._scored)

    def add_scored(self, record: Record) -> None:
        """Take a scored transaction: history, what no model scored and what is over the number do not count."""
        name = str(record["transaction_id"])
        if record["status"] != "scored" or int(name.rpartition("-")[2]) <= self._history:
            return
        if name in self._scored:
            self.repeated += 1
        elif not self.has_all_scored():
            self._scored[name] = record

    def add_label(self, record: Record) -> None:
        """Take a label; the last one stands."""
        self._labels[str(record["transaction_id"])] = record

    def has_all_scored(self) -> bool:
        """Whether as many are there as are wanted."""
        return len(self._scored) >= self._settle + self._transactions

    def is_complete(self) -> bool:
        """Whether each transaction wanted has been scored and has its label."""
        return self.has_all_scored() and self._labels.keys() >= self._scored.keys()

    def measured(self) -> list[LabelledTransaction]:
        """The transactions after the settling; call when complete."""
        return [
            LabelledTransaction(
                name,
                str(record["account_id"]),
                int(str(record["timestamp_ms"])),
                bool(record["is_anomaly"]),
                bool(self._labels[name]["is_fraud"]),
                None if self._labels[name]["scenario"] is None else str(self._labels[name]["scenario"]),
            )
            for name, record in list(self._scored.items())[self._settle :]
        ]


def observe(
    kafka: KafkaSettings, observations: Observations, *, seconds: float, watch: Callable[[], None]
) -> list[LabelledTransaction]:
    """Read until complete; `watch` is called now and then and may raise; raise UnavailableError when time is up."""
    scored, labels = kafka.topic_name(SCORED), kafka.topic_name(LABELS)
    take = {scored: observations.add_scored, labels: observations.add_label}
    deadline = time.monotonic() + seconds
    with closing(PartitionReader(kafka, [scored, labels], client="quality", max_batch_records=5_000)) as reader:
        reader.assign()
        while not observations.is_complete():
            if time.monotonic() > deadline:
                raise UnavailableError(
                    f"After {seconds:.0f} s only {observations.scored} live transactions are scored or labels are "
                    "missing. Ask for fewer with TRANSACTIONS or for a lower RATE."
                )
            for message in reader.read(0.5, until_full=True).records:
                take[message.topic() or ""](json.loads(message.value() or b"{}"))
            watch()
    return observations.measured()
