"""A query that fails twice for the same reason comes with advice; the first time it may be chance."""

import pytest

from spark_detector.failures import OTHERWISE, RepeatedFailure
from vigie_runtime import UnavailableError

TRACE = "\n\tat org.apache.spark.scheduler.DAGScheduler.abortStage"


def of_spark(reason: str) -> RuntimeError:
    return RuntimeError(f"Job aborted due to stage failure: {reason}{TRACE}")


def test_the_first_failure_has_none_and_the_second_has() -> None:
    failures = RepeatedFailure()

    assert failures.advice(of_spark("state file is damaged")) is None
    assert failures.advice(of_spark("state file is damaged")) == OTHERWISE


@pytest.mark.parametrize(
    ("reason", "named"),
    [
        ("java.lang.OutOfMemoryError: Java heap space", "VIGIE_SPARK_MEMORY"),
        ("java.io.IOException: No space left on device", "VIGIE_DATA_DIR is full"),
        ("TopicAuthorizationException: Not authorized to access topics: [alerts]", "rights"),
    ],
)
def test_a_known_reason_has_its_own_sentence(reason: str, named: str) -> None:
    failures = RepeatedFailure()
    failures.advice(of_spark(reason))

    assert named in str(failures.advice(of_spark(reason)))


def test_another_reason_is_a_first_failure_again() -> None:
    failures = RepeatedFailure()
    failures.advice(of_spark("one"))

    assert failures.advice(of_spark("another")) is None


def test_an_error_of_ours_says_what_to_do_itself() -> None:
    failures = RepeatedFailure()
    failures.advice(UnavailableError("Kafka does not answer: start it."))

    assert failures.advice(UnavailableError("Kafka does not answer: start it.")) is None
