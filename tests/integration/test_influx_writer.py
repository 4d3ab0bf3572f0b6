"""The writer against a real InfluxDB: what it refuses for good holds nothing up, what may pass is tried again."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from influxdb_client import InfluxDBClient

from metrics_sink.influx.writer import InfluxWriter
from metrics_sink.settings import MetricsSinkSettings
from metrics_sink.storage.outbox import OutboxReader
from metrics_sink.storage.store import Commit, Store
from vigie_schemas import minute_bucket
from vigie_testing.influxdb import InfluxAccess
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration

DEADLINE_SECONDS = 60


def settings(access: InfluxAccess, **changes: object) -> MetricsSinkSettings:
    given = {
        "influxdb_url": access.url,
        "influxdb_token": access.token,
        "influxdb_org": access.org,
        "influxdb_bucket": access.bucket,
    }
    return MetricsSinkSettings.model_validate({**given, **changes})


@contextmanager
def writing(store: Store, chosen: MetricsSinkSettings) -> Iterator[InfluxWriter]:
    writer = InfluxWriter(chosen, OutboxReader(store.path), clock=time.time)
    writer.start()
    yield writer
    writer.close(20)


def values(access: InfluxAccess, bucket: str) -> list[float]:
    flux = f'from(bucket: "{bucket}") |> range(start: -1d) |> filter(fn: (r) => r._measurement == "throughput")'
    with InfluxDBClient(access.url, access.token, org=access.org) as client:
        return [record["_value"] for table in client.query_api().query(flux) for record in table.records]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path, label_window=1000, buffer_bytes=10**6)
    yield store
    store.close()


def test_points_that_are_refused_for_good_hold_nothing_up(influx: InfluxAccess, store: Store) -> None:
    now = int(time.time())
    good = [(1, f"throughput transactions={number} {now - number}000000000".encode()) for number in range(4)]
    store.commit(Commit(parts={}, blocks=[*good[:2], (1, f"throughput transactions= {now}".encode()), *good[2:]]))

    with writing(store, settings(influx)) as writer:
        wait_until(
            lambda: writer.counts.sent_up_to == 5,
            what="the writer to pass what was refused",
            timeout_seconds=DEADLINE_SECONDS,
        )

    assert sorted(values(influx, influx.bucket)) == [0, 1, 2, 3]
    assert (writer.counts.written, writer.counts.refused) == (4, 1)


def test_written_and_dropped_are_all_that_was_sent(influx: InfluxAccess, store: Store) -> None:
    """InfluxDB's own number leaves points out where a request spans shards or mixes causes (partial_writes.py)."""
    chance, now = random.Random(7), int(time.time())
    sound, conflicting, unparsable = "transactions=1", 'transactions="x"', "transactions="
    ages = [0, 20 * 3600, 3 * 86_400]  # this shard, another one, outside retention
    first = [f"throughput transactions=0 {now - age - second}000000000" for age in ages[:2] for second in (0, 120)]
    blocks = [(len(first), "\n".join(first).encode())]  # a shard's first point decides the type of its field
    expected: list[int] = []
    for number in range(120):
        at_s = now - number - chance.choice(ages)
        kinds = [chance.choices([sound, conflicting, unparsable], weights=[6, 2, 0.3])[0] for _ in range(5)]
        lines = [f"throughput,place={place} {kind} {at_s}000000000" for place, kind in enumerate(kinds)]
        blocks.append((len(lines), "\n".join(lines).encode()))
        expected += [1] * (kinds.count(sound) if at_s > now - 86_400 else 0)
    store.commit(Commit(parts={}, blocks=blocks))

    with writing(store, settings(influx, seconds_kept_days=1)) as writer:
        wait_until(
            lambda: writer.counts.sent_up_to == 121,
            what="the writer to pass what was refused",
            timeout_seconds=DEADLINE_SECONDS,
        )

    stored = values(influx, influx.bucket)
    assert len(expected) > 100
    assert sorted(stored) == [0, 0, 0, 0, *expected]
    assert (writer.counts.written, writer.counts.refused) == (len(stored), 604 - len(stored))


def test_a_second_keeps_its_sound_points(influx: InfluxAccess, store: Store) -> None:
    now = int(time.time())
    lines = [f"throughput transactions=1 {now}000000000", f"lag,partition=0 waiting= {now}000000000"]
    store.commit(Commit(parts={}, blocks=[(2, "\n".join(lines).encode())]))

    with writing(store, settings(influx)) as writer:
        wait_until(
            lambda: writer.counts.sent_up_to == 1,
            what="the writer to pass what was refused",
            timeout_seconds=DEADLINE_SECONDS,
        )

    assert values(influx, influx.bucket) == [1]
    assert (writer.counts.written, writer.counts.refused) == (1, 1)


def test_a_wrong_token_loses_nothing(influx: InfluxAccess, store: Store) -> None:
    store.commit(Commit(parts={}, blocks=[(1, f"throughput transactions=1 {int(time.time())}000000000".encode())]))
    with writing(store, settings(influx, influxdb_token="wrong")) as writer:
        wait_until(
            lambda: writer.counts.failures >= 2, what="the failures to be counted", timeout_seconds=DEADLINE_SECONDS
        )
        assert (writer.counts.sent_up_to, writer.counts.refused, writer.counts.is_up) == (0, 0, False)

    with writing(store, settings(influx)) as writer:
        wait_until(lambda: writer.counts.written == 1, what="the point to be written", timeout_seconds=DEADLINE_SECONDS)

    assert values(influx, influx.bucket) == [1]


def test_an_organisation_that_is_missing_is_waited_for(influx: InfluxAccess, store: Store) -> None:
    with writing(store, settings(influx, influxdb_org="no-such-org")) as writer:
        wait_until(
            lambda: writer.counts.failures >= 1, what="the failures to be counted", timeout_seconds=DEADLINE_SECONDS
        )

    assert not writer.counts.is_up


def test_seconds_that_come_too_late_get_their_minutes_too(influx: InfluxAccess, store: Store) -> None:
    minute_s = int(time.time()) // 60 * 60 - 1800
    lines = [f"throughput transactions=1 {minute_s + second}000000000".encode() for second in range(60)]
    store.commit(Commit(parts={}, blocks=[(1, text) for text in lines]))

    with writing(store, settings(influx)) as writer:
        wait_until(
            lambda: writer.counts.written == 60, what="the points to be written", timeout_seconds=DEADLINE_SECONDS
        )
        wait_until(
            lambda: values(influx, minute_bucket(influx.bucket)) == [60],
            what="the minute",
            timeout_seconds=DEADLINE_SECONDS,
        )
