"""Scored records as the detector writes them, with latencies that are known exactly."""

import json
import time
from typing import Final

import numpy as np
from confluent_kafka import Producer
from numpy.typing import NDArray

from vigie_runtime import KafkaSettings
from vigie_schemas import FEATURE_NAMES, SCHEMA_VERSION, SCORED, SEGMENT_ESTABLISHED

MEDIAN_MS: Final = 12.0
SPREAD: Final = 0.8
"""Of the logarithm: half take 12 ms, one in a hundred 77 ms, as loads on this machine gave (README)."""
TEMPLATES: Final = 997
"""Different feature vectors; a prime, so that they do not fall in step with partitions."""


class ScoredWriter:
    """Writes records whose Kafka time and whose latency are chosen, each once."""

    def __init__(self, kafka: KafkaSettings, seed: int = 7) -> None:
        self._producer = Producer(kafka.producer_config(linger_ms=5))
        self._topic = kafka.topic_name(SCORED)
        self._rng = np.random.default_rng(seed)
        self._templates = [_template(self._rng) for _ in range(TEMPLATES)]
        self._number = 0
        self.latencies_us: list[NDArray[np.int64]] = []

    @property
    def written(self) -> int:
        """Records so far."""
        return self._number

    def write(self, written_at_ms: NDArray[np.int64]) -> None:
        """Write one record for each time (ms), shape (records,)."""
        latencies = np.exp(self._rng.normal(np.log(MEDIAN_MS * 1000), SPREAD, len(written_at_ms))).astype(np.int64)
        self.latencies_us.append(latencies)
        for at_ms, latency_us in zip(written_at_ms.tolist(), latencies.tolist(), strict=True):
            self._write_one(at_ms, at_ms * 1000 - latency_us)

    def pace(self, rate: int, until: float) -> None:
        """So many a second by the wall clock, until a moment of it."""
        begin, done = time.time(), 0
        while (now := time.time()) < until:
            due = int((now - begin) * rate) - done
            self.write(np.full(due, int(now * 1000)))
            done += due
            self._producer.poll(0.02)

    def flush(self) -> None:
        """Wait until Kafka has all."""
        self._producer.flush(60)

    def _write_one(self, at_ms: int, sent_at_us: int) -> None:
        number = self._number
        self._number += 1
        head = (
            f'{{"schema_version":{SCHEMA_VERSION},"transaction_id":"bench-{number}","account_id":"acc-{number % 5000}",'
            f'"timestamp_ms":{at_ms},"sent_at_us":{sent_at_us},"partition":{number % 2},"offset":{number // 2},'
        )
        payload = head + self._templates[number % TEMPLATES]
        while True:
            try:
                self._producer.produce(self._topic, payload, partition=number % 2, timestamp=at_ms)
                return
            except BufferError:
                self._producer.poll(0.1)


def _template(rng: np.random.Generator) -> str:
    """The part of a record that its place and time do not change."""
    features = {
        name: round(float(value), 6) for name, value in zip(FEATURE_NAMES, rng.exponential(size=16), strict=True)
    }
    record = {
        "amount_eur": round(float(rng.lognormal(3)), 2),
        "status": "scored",
        "segment": SEGMENT_ESTABLISHED,
        "history_count": 20,
        "features": features,
        "score": round(float(rng.beta(2, 4)), 6),
        "threshold": 0.7,
        "is_anomaly": False,
        "model_version": 1,
        "threshold_version": 1,
    }
    return json.dumps(record)[1:]
