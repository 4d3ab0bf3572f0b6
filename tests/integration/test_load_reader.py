"""The load's reader misses nothing that is scored from the moment on at which it says that it reads."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from confluent_kafka import Producer

from vigie_runtime import KafkaSettings
from vigie_schemas import SCORED

pytestmark = pytest.mark.integration

SENT = 50


def test_the_first_record_is_read_too(kafka: KafkaSettings, tmp_path: Path) -> None:
    readings = tmp_path / "readings.npz"
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers,
        "VIGIE_TOPIC_PREFIX": kafka.topic_prefix,
        "VIGIE_LOAD_RESULTS": str(readings),
    }
    command = [sys.executable, "-m", "vigie_loadtests.latency.reader"]
    producer = Producer(kafka.producer_config(linger_ms=0))
    producer.list_topics(timeout=10)
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert json.loads(reader.stdout.readline()) == []

        for number in range(SENT):
            record = {"transaction_id": f"load-{number}", "sent_at_us": time.time_ns() // 1000}
            producer.produce(kafka.topic_name(SCORED), json.dumps(record), key=str(number))
        assert producer.flush(10) == 0
        reader.communicate(f"{SENT}\n", timeout=90)

    assert sorted(np.load(readings)["numbers"]) == list(range(SENT))
