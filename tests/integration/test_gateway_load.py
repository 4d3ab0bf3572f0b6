"""The load of the gateway makes its calls at their moments, and finds each of them on the topics afterwards."""

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from generator import TransactionGenerator
from vigie_loadtests.gateway.answers import BASES, CallAnswers
from vigie_loadtests.gateway.recorded import read_back
from vigie_loadtests.gateway.report import GatewayPlan
from vigie_loadtests.gateway.run import run_gateway_locust, wait_for_model
from vigie_loadtests.latency.pool import read_pool
from vigie_loadtests.latency.readings import Readings
from vigie_runtime import KafkaSettings
from vigie_testing.played_detector import PlayedDetector
from vigie_testing.running_gateway import gateway_process, settings_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

PLAN = GatewayPlan(rate=20, topic_rate=5, duration=4, warm_up=1)


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """A few transactions to send, as the load's own run makes them."""
    path = tmp_path / "pool.jsonl"
    made = (transaction for transaction, _ in TransactionGenerator().transactions())
    path.write_text("".join(json.dumps(record) + "\n" for record in itertools.islice(made, 40)))
    return path


def test_every_call_is_answered_once_and_stands_on_the_topics_once(
    kafka: KafkaSettings, pool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_TOPIC_PREFIX", kafka.topic_prefix)
    with PlayedDetector(kafka), gateway_process(settings_of(kafka)) as (_, caller):
        wait_for_model(caller.address, read_pool(pool)[0])
        cores = run_gateway_locust(kafka.kafka_bootstrap_servers, caller.address, PLAN, pool.parent)
        answers = CallAnswers.load(pool.parent / "answers.npz")
        recorded = read_back(kafka, len(answers.answered().numbers))
    readings = Readings.load(pool.parent / "readings.npz")
    calls = len(answers.numbers)

    assert sorted(answers.numbers) == list(range(calls))
    assert calls == pytest.approx(PLAN.rate * (PLAN.duration + PLAN.warm_up), rel=0.4)
    assert set(answers.statuses) == {200}
    assert all(answers.is_own)
    assert set(answers.bases) <= {BASES.index("model"), BASES.index("fallback")}
    assert (abs(np.diff(np.sort(answers.due_us)) - 1e6 / PLAN.rate) <= 2).all()
    assert (answers.sent_us >= answers.due_us).all()
    assert (answers.answered_us > answers.sent_us).all()
    assert (answers.spent_us > 0).all()
    assert replace(recorded, late=0) == replace(
        recorded, verdicts=calls, verdicts_repeated=0, late=0, scored=calls, scored_repeated=0, unscored=0
    )
    assert recorded.late <= np.sum(answers.bases == BASES.index("fallback"))
    assert len(readings.first().numbers) == readings.sent > 0
    assert 0 < cores < 2
