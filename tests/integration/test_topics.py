"""Topics of a real broker: created when missing, else compared; and a broker that refuses a login or denies access."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType
from structlog.testing import capture_logs

from vigie_local.broker import EmbeddedKafka
from vigie_local.ports import HOST, free_port
from vigie_runtime import (
    ConfigurationError,
    KafkaSettings,
    KafkaState,
    UnavailableError,
    ensure_topics,
    wait_for_topics,
)
from vigie_runtime.topic_admin import TopicAdmin, TopicDifference
from vigie_schemas import LABELS, TOPICS, TRANSACTIONS
from vigie_testing.kafka_topics import create_topic

pytestmark = pytest.mark.integration

ADVICE_FOR_LOGIN = "Check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"


@pytest.fixture
def elsewhere(kafka: KafkaSettings) -> KafkaSettings:
    """Settings of the same broker under a prefix that has no topics yet."""
    return kafka.model_copy(update={"topic_prefix": f"{kafka.topic_prefix}new."})


def test_missing_topics_are_created_as_their_contracts_say(elsewhere: KafkaSettings) -> None:
    state = KafkaState()

    assert wait_for_topics(elsewhere, TOPICS, threading.Event(), state)

    assert (state.waiting_for, state.topic_differences) == (None, ())
    admin = AdminClient(elsewhere.client_config())
    found = admin.list_topics(timeout=10).topics
    for topic in TOPICS:
        name = elsewhere.topic_name(topic)
        assert len(found[name].partitions) == topic.partitions
        (answer,) = admin.describe_configs([ConfigResource(ResourceType.TOPIC, name)]).values()
        entries = answer.result()
        assert {setting: entries[setting].value for setting in topic.config} == topic.config


def test_a_topic_that_differs_is_reported_once_and_left_as_it_is(elsewhere: KafkaSettings) -> None:
    name, admin = elsewhere.topic_name(TRANSACTIONS), AdminClient(elsewhere.client_config())
    config = {"retention.ms": "3600000", "cleanup.policy": "compact"}
    create_topic(admin, name, 3, config)
    state = KafkaState()

    with capture_logs() as logs:
        assert wait_for_topics(elsewhere, [TRANSACTIONS, LABELS], threading.Event(), state)

    assert set(state.topic_differences) == {
        TopicDifference(name, "partitions", "3", "2"),
        TopicDifference(name, "retention.ms", "3600000", str(TRANSACTIONS.retention_ms)),
        TopicDifference(name, "cleanup.policy", "compact", "delete"),
        TopicDifference(name, "max.message.bytes", "1048588", str(TRANSACTIONS.max_message_bytes)),
    }
    warnings = [entry for entry in logs if entry["event"] == "topic differs from its contract"]
    assert {(entry["setting"], entry["found"]) for entry in warnings} == {
        (difference.setting, difference.found) for difference in state.topic_differences
    }
    assert {(entry["topic"], entry["log_level"]) for entry in warnings} == {(name, "warning")}
    assert len(admin.list_topics(timeout=10).topics[name].partitions) == 3


def test_a_topic_that_another_program_makes_meanwhile_is_compared_too(
    elsewhere: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, admin = elsewhere.topic_name(TRANSACTIONS), AdminClient(elsewhere.client_config())
    create = TopicAdmin._create

    def create_after_another(self: TopicAdmin, names: Sequence[str]) -> None:
        admin.create_topics([NewTopic(name, num_partitions=3, replication_factor=1)])[name].result(10)
        create(self, names)

    monkeypatch.setattr(TopicAdmin, "_create", create_after_another)
    state = KafkaState()

    assert wait_for_topics(elsewhere, [TRANSACTIONS, LABELS], threading.Event(), state)

    assert TopicDifference(name, "partitions", "3", "2") in state.topic_differences


def test_a_replication_that_the_cluster_cannot_reach_is_waited_for(elsewhere: KafkaSettings) -> None:
    wanting = elsewhere.model_copy(update={"kafka_replication": 3})

    with pytest.raises(UnavailableError, match=r"too few brokers .*lower VIGIE_KAFKA_REPLICATION"):
        ensure_topics(wanting, TOPICS, timeout_seconds=0.5)


def test_a_setting_that_the_cluster_refuses_is_a_configuration_error(elsewhere: KafkaSettings) -> None:
    with pytest.raises(ConfigurationError, match=r"refuses a setting \(topic .*retention\.ms"):
        ensure_topics(elsewhere, [replace(TRANSACTIONS, retention_ms=-7)])


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Servers of a broker that asks for a login: `admin` may do everything, `vigie` nothing."""
    port = free_port()
    plain_port = free_port()
    listeners = f"SASL://{HOST}:{port},PLAINTEXT://{HOST}:{plain_port}"
    users = 'user_vigie="the-password" user_admin="the-password"'
    properties = {
        "listeners": f"{listeners},CONTROLLER://{HOST}:{free_port()}",
        "advertised.listeners": listeners,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl.plain.sasl.jaas.config": (
            f"org.apache.kafka.common.security.plain.PlainLoginModule required {users};"
        ),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS;User:admin",
    }
    broker = EmbeddedKafka(tmp_path_factory.mktemp("guarded"), port=plain_port, properties=properties)
    broker.start()
    try:
        broker.wait_ready()
        yield f"{HOST}:{port}"
    finally:
        broker.stop()


def login(servers: str, user: str, password: str = "the-password", mechanism: str = "PLAIN") -> KafkaSettings:
    return KafkaSettings.model_validate(
        {
            "kafka_bootstrap_servers": servers,
            "kafka_security_protocol": "SASL_PLAINTEXT",
            "kafka_sasl_mechanism": mechanism,
            "kafka_sasl_username": user,
            "kafka_sasl_password": password,
        }
    )


def test_a_service_does_not_wait_for_a_login_to_become_right(guarded: str) -> None:
    for settings in (login(guarded, "vigie", "wrong"), login(guarded, "vigie", mechanism="SCRAM-SHA-256")):
        with pytest.raises(ConfigurationError, match=rf"refuses the login .*{ADVICE_FOR_LOGIN}"):
            wait_for_topics(settings, TOPICS, threading.Event(), KafkaState())


def test_a_service_does_not_wait_for_rights(guarded: str) -> None:
    with pytest.raises(ConfigurationError, match=r"denies access \(topic transactions.*: .*authorization failed"):
        wait_for_topics(login(guarded, "vigie"), TOPICS, threading.Event(), KafkaState())

    ensure_topics(login(guarded, "admin"), TOPICS)


def test_a_wrong_protocol_is_waited_for_with_the_variable_to_look_at(guarded: str) -> None:
    with pytest.raises(UnavailableError, match="check KAFKA_BOOTSTRAP_SERVERS and KAFKA_SECURITY_PROTOCOL"):
        ensure_topics(KafkaSettings(kafka_bootstrap_servers=guarded), TOPICS)
