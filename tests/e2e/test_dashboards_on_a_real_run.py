"""The dashboards on what the whole system really wrote: every panel has rows, every rule can be evaluated."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import Producer

from grafana_provisioning.__main__ import PROVISIONING
from grafana_provisioning.evaluation.influx import InfluxQueries
from grafana_provisioning.evaluation.interpolation import Shown, filled
from grafana_provisioning.evaluation.rules import evaluate
from grafana_provisioning.evaluation.targets import Target, rules, targets
from vigie_loadtests.influx_bucket import new_bucket
from vigie_local.settings import LocalSettings
from vigie_local.system import LocalSystem
from vigie_runtime import KafkaSettings
from vigie_schemas import DELIVERY, TRANSACTIONS, VERDICTS
from vigie_testing.golden import golden_record
from vigie_testing.influxdb import InfluxAccess

pytestmark = [pytest.mark.e2e, pytest.mark.nightly, pytest.mark.timeout(900)]

SECONDS_TO_WAIT = 420
SETTINGS = {
    "VIGIE_RATE": "60",
    "VIGIE_CANARY_SECONDS": "10",
    "VIGIE_LABEL_DELAY_SECONDS": "2",
}
CHANGES = "annotation"
"""Versions do not change in a run so short; tests/integration shows what is drawn when they do."""


@pytest.fixture(scope="module")
def run(influx_server: InfluxAccess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxAccess]:
    """The system as `make run` starts it, with an InfluxDB; also one record that must be refused."""
    influx = new_bucket(influx_server)
    folder = tmp_path_factory.mktemp("run")
    settings = LocalSettings(data_dir=folder, kafka_port=0, mlflow_port=0, page_port=0, gateway_port=0)
    with LocalSystem(settings, environment={**SETTINGS, **influx.environment()}) as system:
        kafka = KafkaSettings(kafka_bootstrap_servers=system.bootstrap_servers)
        sender = Producer(kafka.producer_config())
        _until_drawn(influx, sender)
        yield influx


def _until_drawn(influx: InfluxAccess, sender: Producer) -> None:
    """Wait for the first rows of every panel, each second sending what nothing else sends here."""
    waiting = [target for target in targets(PROVISIONING) if target.kind != CHANGES]
    deadline = time.monotonic() + SECONDS_TO_WAIT
    with InfluxQueries(influx.url, influx.token, influx.org) as queries:
        while waiting and time.monotonic() < deadline:
            sender.produce(TRANSACTIONS.name, value=b"no JSON", key="acct-1")
            sender.produce(DELIVERY.name, value=_delivered(), key="metrics")
            for example in ("model.json", "fallback.json", "late.json"):
                sender.produce(VERDICTS.name, value=_answered(example), key=example)
            assert sender.flush(10) == 0
            time.sleep(1)
            waiting = [target for target in waiting if not _is_drawn(target, influx, queries)]
    assert [str(target) for target in waiting] == []


def _delivered() -> bytes:
    """What alert-webhook publishes each second."""
    at_ms = time.time_ns() // 1_000_000
    return json.dumps(golden_record("delivery", "two-receivers.json", at_ms=at_ms)).encode()


def _answered(example: str) -> bytes:
    """What the gateway writes of a call, under a name that is no repeat."""
    return json.dumps(golden_record("verdict", example, transaction_id=f"{example}-{time.time_ns()}")).encode()


def _is_drawn(target: Target, influx: InfluxAccess, queries: InfluxQueries) -> bool:
    account = _an_account(influx, queries) if "${account}" in target.flux else ""
    now = datetime.now(UTC)
    shown = Shown(now - timedelta(minutes=30), now, timedelta(seconds=5), influx.bucket, {"account": account})
    return any(table.rows for table in queries.ask(filled(target.flux, shown)))


def _an_account(influx: InfluxAccess, queries: InfluxQueries) -> str:
    """One that alerted."""
    found = queries.ask(
        f'from(bucket: "{influx.bucket}") |> range(start: -1h)'
        ' |> filter(fn: (r) => r._measurement == "alert" and r._field == "account_id") |> limit(n: 1)'
    )
    return found[0].rows[0]["_value"] if found else "none"


def test_every_panel_shows_what_the_system_wrote(run: InfluxAccess) -> None:
    with InfluxQueries(run.url, run.token, run.org) as queries:
        empty = [
            str(target)
            for target in targets(PROVISIONING)
            if target.kind != CHANGES and not _is_drawn(target, run, queries)
        ]

    assert empty == []


def test_every_rule_can_be_evaluated(run: InfluxAccess) -> None:
    with InfluxQueries(run.url, run.token, run.org) as queries:
        found = {
            uid: {result.state for result in evaluate(rule, queries, bucket=run.bucket, now=datetime.now(UTC))}
            for uid, rule in rules(PROVISIONING).items()
        }

    assert [uid for uid, states in found.items() if "no data" in states] == []
    assert found["vigie-silent"] == found["vigie-writes-failing"] == {"normal"}
