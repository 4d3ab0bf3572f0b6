"""Lag from the ends of partitions and what the detector finished."""

from metrics_sink.backlog import backlog


def test_lag_is_what_stands_after_the_last_finished_one() -> None:
    assert backlog({0: 90, 1: 50}, {0: 0, 1: 0}, {0: 100, 1: 50}) == ({"0": 10, "1": 0}, [])


def test_a_partition_the_detector_never_read_waits_from_its_beginning() -> None:
    assert backlog({}, {0: 40}, {0: 100}) == ({"0": 60}, [])


def test_records_that_kafka_deleted_do_not_wait() -> None:
    assert backlog({0: 10}, {0: 40}, {0: 100}) == ({"0": 60}, [])


def test_a_topic_made_anew_starts_over() -> None:
    assert backlog({0: 5000}, {0: 0}, {0: 3}) == ({"0": 3}, [0])


def test_without_an_answer_no_lag_is_claimed() -> None:
    assert backlog({0: 5}, {0: 0}, {}) == ({}, [])
