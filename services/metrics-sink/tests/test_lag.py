"""Lag from the ends of partitions and what the detector finished."""

from concurrent.futures import Future
from types import SimpleNamespace

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicCollection

from metrics_sink.intake.lag import DetectorLag, TransactionOffsets, lag_by_partition, missing_by_partition
from metrics_sink.intake.repeats import SeenTransactions
from vigie_runtime import KafkaSettings, UnavailableError


def test_lag_is_what_comes_after_the_last_finished_transaction() -> None:
    assert lag_by_partition({0: 90, 1: 50}, {0: 0, 1: 0}, {0: 100, 1: 50}) == ({"0": 10, "1": 0}, [])


def test_a_partition_the_detector_never_read_waits_from_its_beginning() -> None:
    assert lag_by_partition({}, {0: 40}, {0: 100}) == ({"0": 60}, [])


def test_records_that_kafka_deleted_do_not_wait() -> None:
    assert lag_by_partition({0: 10}, {0: 40}, {0: 100}) == ({"0": 60}, [])


def test_a_recreated_topic_starts_over() -> None:
    assert lag_by_partition({0: 5000}, {0: 0}, {0: 3}) == ({"0": 3}, [0])


def test_without_an_answer_there_is_no_lag() -> None:
    assert lag_by_partition({0: 5}, {0: 0}, {}) == ({}, [])


@pytest.mark.parametrize(
    ("next_offset", "begin", "missing"),
    [(10, 40, {0: 30}), (40, 40, {}), (41, 40, {}), (0, 40, {})],
    ids=["deleted unread", "all finished", "some still there", "nothing seen yet"],
)
def test_what_was_deleted_before_it_was_finished_is_missing(
    next_offset: int, begin: int, missing: dict[int, int]
) -> None:
    assert missing_by_partition({0: next_offset}, {0: begin}) == missing


def test_missing_transactions_are_told_once_and_stay_told_after_a_restart() -> None:
    offsets, seen = TransactionOffsets(KafkaSettings()), SeenTransactions()
    seen.is_first(0, 9)
    offsets.begins = {0: 40, 1: 0}
    lag = DetectorLag(offsets, seen)
    assert (lag.take_missing(), lag.take_missing()) == (30, 0)

    restored = SeenTransactions()
    restored.restore(seen.state(), topic_id="")
    assert DetectorLag(offsets, restored).take_missing() == 0
    offsets.begins = {0: 45, 1: 0}
    assert DetectorLag(offsets, restored).take_missing() == 5


@pytest.mark.parametrize(
    ("kept_id", "topic_id", "counted"),
    [("one", "two", {}), ("one", "one", {0: 10}), ("", "two", {0: 10}), ("one", "", {0: 10})],
    ids=["another topic", "the same", "not kept yet", "kafka keeps no ids"],
)
def test_what_was_finished_in_another_topic_of_this_name_counts_for_nothing(
    kept_id: str, topic_id: str, counted: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    offsets, seen = TransactionOffsets(KafkaSettings()), SeenTransactions()
    seen.restore({"0": [(0, 9)]}, topic_id=kept_id)
    offsets.topic_id = topic_id
    monkeypatch.setattr(offsets, "find_partitions", lambda: None)

    DetectorLag(offsets, seen).refresh()

    assert seen.next_offsets() == counted
    assert seen.topic_id == (topic_id or kept_id)


class JustCreated:
    """Kafka's admin client of a topic whose broker does not know yet that it leads, for as many requests as given."""

    def __init__(self, refusals: int, code: int) -> None:
        self._refusals, self._code = refusals, code

    def describe_topics(self, topics: TopicCollection, request_timeout: float) -> dict[str, Future]:
        answer: Future = Future()
        answer.set_result(SimpleNamespace(topic_id="an-id", partitions=[SimpleNamespace(id=0)]))
        return {"transactions": answer}

    def poll(self, timeout: float) -> int:
        return 0

    def list_offsets(self, places: dict, request_timeout: float) -> dict:
        answer: Future = Future()
        if self._refusals > 0:
            self._refusals -= 1
            answer.set_exception(KafkaException(KafkaError(self._code)))
        else:
            answer.set_result(SimpleNamespace(offset=7))
        return dict.fromkeys(places, answer)


def test_a_topic_just_created_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = JustCreated(2, KafkaError.NOT_LEADER_FOR_PARTITION)
    monkeypatch.setattr("metrics_sink.intake.lag.AdminClient", lambda config: admin)
    offsets = TransactionOffsets(KafkaSettings())

    offsets.find_partitions()

    assert (offsets.topic_id, offsets.begins) == ("an-id", {0: 7})


def test_an_error_that_waiting_does_not_solve_is_raised_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = JustCreated(1, KafkaError.TOPIC_AUTHORIZATION_FAILED)
    monkeypatch.setattr("metrics_sink.intake.lag.AdminClient", lambda config: admin)

    with pytest.raises(UnavailableError, match="does not list"):
        TransactionOffsets(KafkaSettings()).find_partitions()
