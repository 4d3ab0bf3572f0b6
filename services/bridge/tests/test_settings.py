"""What the environment may say, and the sentence for what it may not."""

from pathlib import Path

import pytest

from bridge.formats.decoder import WireFormat
from bridge.settings import BridgeSettings
from vigie_runtime import ConfigurationError, load_settings

NEEDED = {"VIGIE_BRIDGE_TOPIC": "payments", "VIGIE_BRIDGE_MAPPING_TEXT": "version = 1"}


def load(monkeypatch: pytest.MonkeyPatch, **variables: str) -> BridgeSettings:
    for name, value in (NEEDED | variables).items():
        monkeypatch.setenv(name, value)
    return load_settings(BridgeSettings)


def test_a_topic_and_a_mapping_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, VIGIE_TOPIC_PREFIX="test.", KAFKA_BOOTSTRAP_SERVERS="kafka")

    assert settings.group == "test.vigie-bridge"
    assert settings.source.kafka_bootstrap_servers == "kafka:9092"
    assert settings.source_name == ""
    assert settings.decoding.wire_format is WireFormat.JSON
    assert settings.decoding.operations == {"c", "r"}


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"VIGIE_BRIDGE_TOPIC": ""}, "VIGIE_BRIDGE_TOPIC: name the topic"),
        ({"VIGIE_BRIDGE_TOPIC": "a topic"}, "VIGIE_BRIDGE_TOPIC"),
        ({"VIGIE_BRIDGE_TOPIC": "transactions"}, "one of Vigie's own topics"),
        ({"VIGIE_BRIDGE_MAPPING_TEXT": ""}, "one of VIGIE_BRIDGE_MAPPING and VIGIE_BRIDGE_MAPPING_TEXT"),
        ({"VIGIE_BRIDGE_MAPPING": "mapping.toml"}, "one of VIGIE_BRIDGE_MAPPING and VIGIE_BRIDGE_MAPPING_TEXT"),
        ({"VIGIE_BRIDGE_FORMAT": "avro"}, "VIGIE_BRIDGE_FORMAT=avro needs SCHEMA_REGISTRY_URL"),
        ({"VIGIE_BRIDGE_FORMAT": "xml"}, "VIGIE_BRIDGE_FORMAT"),
        ({"VIGIE_BRIDGE_OPERATIONS": "insert"}, "VIGIE_BRIDGE_OPERATIONS: give Debezium's letters"),
        ({"VIGIE_BRIDGE_DECIMALS": "after.amount"}, "VIGIE_BRIDGE_DECIMALS: give paths and scales"),
        ({"SCHEMA_REGISTRY_USERNAME": "ana"}, "SCHEMA_REGISTRY_PASSWORD: set both"),
        ({"SCHEMA_REGISTRY_KEY_FILE": "key.pem"}, "needs SCHEMA_REGISTRY_CERTIFICATE_FILE"),
        (
            {
                "VIGIE_BRIDGE_SOURCE_BOOTSTRAP_SERVERS": "other:9092",
                "VIGIE_BRIDGE_SOURCE_SECURITY_PROTOCOL": "SASL_SSL",
            },
            "needs VIGIE_BRIDGE_SOURCE_SASL_USERNAME and VIGIE_BRIDGE_SOURCE_SASL_PASSWORD",
        ),
        ({"VIGIE_BRIDGE_SOURCE_BOOTSTRAP_SERVERS": "http://other"}, "no server"),
    ],
)
def test_what_is_wrong_is_said(variables: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=said):
        load(monkeypatch, **variables)


def test_the_common_log_in_is_sent_to_no_other_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(
        monkeypatch,
        KAFKA_SECURITY_PROTOCOL="SASL_PLAINTEXT",
        KAFKA_SASL_USERNAME="vigie",
        KAFKA_SASL_PASSWORD="known here only",
        VIGIE_BRIDGE_SOURCE_BOOTSTRAP_SERVERS="other:9093,another",
    )

    assert settings.source.client_config() == {
        "bootstrap.servers": "other:9093,another:9092",
        "security.protocol": "PLAINTEXT",
        "reconnect.backoff.max.ms": 1_000,
    }
    assert settings.source_name == "@other:9093"
    assert settings.client_config()["sasl.username"] == "vigie"


def test_another_kafkas_topic_may_be_called_like_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, VIGIE_BRIDGE_TOPIC="transactions", VIGIE_BRIDGE_SOURCE_BOOTSTRAP_SERVERS="other:9093")

    assert settings.source_name == "@other:9093"


def test_decimals_by_path(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, VIGIE_BRIDGE_DECIMALS="after.amount=2, after.lines[0].fee=text")

    assert settings.decoding.decimals == {("after", "amount"): 2, ("after", "lines", 0, "fee"): None}


def test_the_schema_registrys_log_in_and_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = load(
        monkeypatch,
        SCHEMA_REGISTRY_URL="schemas:8081",
        SCHEMA_REGISTRY_USERNAME="ana",
        SCHEMA_REGISTRY_PASSWORD="a:b",
        SCHEMA_REGISTRY_CA_FILE=str(tmp_path / "ca.pem"),
    )

    assert settings.schema_registry_url == "http://schemas:8081"
    assert settings.schema_registry_options() == {
        "basic.auth.user.info": "ana:a:b",
        "ssl.ca.location": str(tmp_path / "ca.pem"),
    }
