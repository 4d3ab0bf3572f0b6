"""What needs no broker: an absent one, a silent one, what errors mean. A real one: tests/integration/test_topics.py."""

import itertools
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError
from structlog.testing import capture_logs

from vigie_runtime import (
    ConfigurationError,
    KafkaSettings,
    KafkaState,
    UnavailableError,
    ensure_topics,
    wait_for_topics,
)
from vigie_runtime.kafka_errors import ConnectionErrors, explain
from vigie_runtime.topic_admin import TopicDifference, differences
from vigie_runtime.topics import FIRST_LOG_INTERVAL_SECONDS, MAX_LOG_INTERVAL_SECONDS, Outage
from vigie_schemas import TOPICS, TRANSACTIONS

SERVERS = "kafka:9092"


@pytest.fixture
def absent() -> Iterator[KafkaSettings]:
    """Settings of a port that refuses connections."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{unused.getsockname()[1]}")


@pytest.fixture
def silent() -> Iterator[KafkaSettings]:
    """Settings of a server that accepts connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{server.getsockname()[1]}")


def test_a_service_waits_for_an_absent_broker_until_it_is_stopped(absent: KafkaSettings) -> None:
    state, stop, results = KafkaState(), threading.Event(), list[bool]()

    def wait() -> None:
        results.append(wait_for_topics(absent, TOPICS, stop, state))

    with capture_logs() as logs:
        thread = threading.Thread(target=wait)
        thread.start()
        deadline = time.monotonic() + 10
        while "Connection refused" not in str(state.waiting_for):
            assert time.monotonic() < deadline, state.waiting_for
            time.sleep(0.02)
        stop.set()
        stopped_at = time.monotonic()
        thread.join(10)

    assert results == [False]
    assert time.monotonic() - stopped_at < 5
    assert state.added_to({"ready": True})["ready"] is False
    (line,) = [entry for entry in logs if entry["event"] == "waiting for kafka"]
    assert line["log_level"] == "warning"
    assert absent.kafka_bootstrap_servers in line["reason"]


@pytest.mark.parametrize("server", ["absent", "silent"])
def test_a_command_gives_up_in_one_sentence(server: str, request: pytest.FixtureRequest) -> None:
    settings = request.getfixturevalue(server)
    began = time.monotonic()

    with pytest.raises(UnavailableError, match=r"Kafka does not answer at 127\.0\.0\.1:\d+ .*KAFKA_BOOTSTRAP_SERVERS"):
        ensure_topics(settings, TOPICS, timeout_seconds=60 if server == "absent" else 2)

    assert time.monotonic() - began < 20


def test_the_log_of_an_outage_has_ever_fewer_lines() -> None:
    now = 0.0
    state = KafkaState()
    outage = Outage(state, clock=lambda: now)

    with capture_logs() as logs:
        for second in range(3_600):
            now = float(second)
            outage.goes_on("Kafka does not answer.")
        now = 3_600.0
        outage.ends()
        outage.ends()

    waits = [entry["waited_seconds"] for entry in logs if entry["event"] == "waiting for kafka"]
    assert waits[:3] == [0, FIRST_LOG_INTERVAL_SECONDS, 3 * FIRST_LOG_INTERVAL_SECONDS]
    assert max(after - before for before, after in itertools.pairwise(waits)) == MAX_LOG_INTERVAL_SECONDS
    assert [entry["waited_seconds"] for entry in logs if entry["event"] == "kafka available again"] == [3_600]
    assert state.waiting_for is None


def test_a_status_says_what_is_waited_for_and_what_differs() -> None:
    state = KafkaState()
    assert state.added_to({"ready": True, "phase": "live"}) == {
        "ready": False,
        "phase": "live",
        "waiting_for": "Kafka: not asked yet",
        "topic_differences": [],
    }

    state.waiting_for = None
    state.topic_differences = (TopicDifference("transactions", "partitions", found="6", contract="2"),)

    status = state.added_to({"ready": True})
    assert (status["ready"], status["waiting_for"]) == (True, None)
    assert status["topic_differences"] == [
        {"topic": "transactions", "setting": "partitions", "found": "6", "contract": "2"}
    ]
    assert state.added_to({"ready": False})["ready"] is False


def test_another_thread_waits_for_the_state_and_ends_with_the_service() -> None:
    state, stop = KafkaState(), threading.Event()
    threading.Timer(0.05, lambda: setattr(state, "waiting_for", None)).start()

    assert state.wait(stop)
    stop.set()
    state.waiting_for = "Kafka"
    assert not state.wait(stop)


def test_settings_that_differ_are_named_and_those_that_are_unknown_are_not() -> None:
    config: dict[str, str | None] = {"retention.ms": "3600000", "cleanup.policy": "compact", "segment.bytes": "1"}

    found = differences("transactions", TRANSACTIONS, 3, config)

    assert found == [
        TopicDifference("transactions", "partitions", "3", "2"),
        TopicDifference("transactions", "cleanup.policy", "compact", "delete"),
        TopicDifference("transactions", "retention.ms", "3600000", str(TRANSACTIONS.retention_ms)),
    ]
    assert differences("transactions", TRANSACTIONS, 2, dict(TRANSACTIONS.config)) == []


@pytest.mark.parametrize(
    ("code", "kind", "advice"),
    [
        (KafkaError._AUTHENTICATION, ConfigurationError, "KAFKA_SASL_PASSWORD"),
        (KafkaError.SASL_AUTHENTICATION_FAILED, ConfigurationError, "KAFKA_SASL_PASSWORD"),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, ConfigurationError, "Allow the user of KAFKA_SASL_USERNAME"),
        (KafkaError._SSL, ConfigurationError, "Check KAFKA_SECURITY_PROTOCOL"),
        (KafkaError.INVALID_CONFIG, ConfigurationError, "refuses a setting"),
        (KafkaError.INVALID_REPLICATION_FACTOR, UnavailableError, "Start more brokers"),
        (KafkaError._TRANSPORT, UnavailableError, "KAFKA_BOOTSTRAP_SERVERS"),
        (KafkaError._RESOLVE, UnavailableError, "KAFKA_BOOTSTRAP_SERVERS"),
        (KafkaError.NOT_CONTROLLER, UnavailableError, "KAFKA_BOOTSTRAP_SERVERS"),
    ],
)
def test_what_waiting_cannot_mend_is_a_configuration_error(code: int, kind: type[Exception], advice: str) -> None:
    error = explain(KafkaError(code, "why"), SERVERS, "topic transactions")

    assert type(error) is kind
    assert SERVERS in str(error)
    assert "topic transactions: why" in str(error)
    assert advice in str(error)


def test_the_cause_of_an_outage_is_what_the_connections_report() -> None:
    errors = ConnectionErrors(SERVERS)
    timeout = KafkaError(KafkaError._TIMED_OUT, "Failed while waiting for controller")

    errors(KafkaError(KafkaError._AUTHENTICATION, "Invalid username or password (after 367ms in state AUTH_REQ)"))
    errors(KafkaError(KafkaError._ALL_BROKERS_DOWN, "0/1 brokers are down"))

    error = errors.explain(timeout)
    assert isinstance(error, ConfigurationError)
    assert "(Invalid username or password)" in str(error)
    assert errors.are_all_down
    errors.clear()
    assert "Failed while waiting for controller" in str(errors.explain(timeout))
    errors(KafkaError(KafkaError._ALL_BROKERS_DOWN, "0/1 brokers are down"))
    assert "every connection was closed or refused" in str(errors.explain(timeout))


@pytest.mark.parametrize(
    ("code", "text", "advice"),
    [
        (
            KafkaError._SSL,
            "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate",
            "set KAFKA_SSL_CA_LOCATION or KAFKA_SSL_CA_PEM to the authority that signed it",
        ),
        (
            KafkaError._TRANSPORT,
            "Receive failed: error:0A000412:SSL routines::ssl/tls alert bad certificate: SSL alert number 42",
            "set KAFKA_SSL_CERTIFICATE_LOCATION and KAFKA_SSL_KEY_LOCATION",
        ),
        (
            KafkaError._TRANSPORT,
            "error:0A00045C:SSL routines::tlsv13 alert certificate required: SSL alert number 116",
            "set KAFKA_SSL_CERTIFICATE_LOCATION and KAFKA_SSL_KEY_LOCATION",
        ),
        (
            KafkaError._INVALID_ARG,
            "Failed to create admin client: ssl.key.pem failed: not in PEM format?",
            "KAFKA_SSL_KEY_LOCATION or KAFKA_SSL_KEY_PEM cannot be used",
        ),
    ],
)
def test_trouble_with_certificates_names_the_variable(code: int, text: str, advice: str) -> None:
    error = explain(KafkaError(code, text), SERVERS)

    assert isinstance(error, ConfigurationError)
    assert advice in str(error)


def test_a_variable_that_no_setting_reads_is_said_at_the_start(
    absent: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_SSL_CAFILE", "ca.pem")

    with capture_logs() as logs, pytest.raises(UnavailableError):
        ensure_topics(absent, TOPICS)

    (line,) = [entry for entry in logs if entry["event"] == "kafka variable not read"]
    assert (line["variable"], line["nearest"]) == ("KAFKA_SSL_CAFILE", "KAFKA_SSL_CA_LOCATION")
    assert line["log_level"] == "warning"
