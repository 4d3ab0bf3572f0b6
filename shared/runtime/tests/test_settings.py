from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from vigie_runtime import ConfigurationError, HttpAddress, KafkaSettings, ServiceSettings, load_settings
from vigie_runtime.kafka import misspelt_variables
from vigie_schemas import TRANSACTIONS


class Example(ServiceSettings):
    rate: int = Field(default=5, ge=1)
    registry: HttpAddress | None = None


def test_reads_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_RATE", "7")

    assert load_settings(Example).rate == 7


def test_an_empty_variable_is_as_if_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_RATE", "")

    assert load_settings(Example).rate == 5


def test_names_the_wrong_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_RATE", "0")

    with pytest.raises(ConfigurationError, match=r"VIGIE_RATE: .*greater than or equal to 1"):
        load_settings(Example)


def test_names_a_well_known_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "CARRIER_PIGEON")

    with pytest.raises(ConfigurationError, match="KAFKA_SECURITY_PROTOCOL"):
        load_settings(KafkaSettings)


def test_settings_cannot_change() -> None:
    settings = Example()

    with pytest.raises(ValueError, match="frozen"):
        settings.data_dir = Path("/elsewhere")


def test_sasl_is_passed_on_only_where_it_is_used() -> None:
    plain = KafkaSettings(kafka_bootstrap_servers="a:1")
    sasl = KafkaSettings(
        kafka_bootstrap_servers="a:1",
        kafka_security_protocol="SASL_SSL",
        kafka_sasl_username="u",
        kafka_sasl_password=SecretStr("p"),
    )

    assert "sasl.username" not in plain.client_config()
    assert sasl.client_config()["sasl.password"] == "p"
    assert "p" not in repr(sasl.kafka_sasl_password)


def test_a_sasl_protocol_without_a_login_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("KAFKA_SASL_USERNAME", "vigie")

    with pytest.raises(ConfigurationError, match=r"environment\. KAFKA_SECURITY_PROTOCOL=SASL_SSL needs .*_PASSWORD"):
        load_settings(KafkaSettings)


def test_topics_get_the_prefix() -> None:
    assert KafkaSettings(topic_prefix="a.").topic_name(TRANSACTIONS) == "a.transactions"


@pytest.mark.parametrize(
    ("given", "taken_for"),
    [
        ("mlflow-server:5000", "http://mlflow-server:5000"),
        ("mlflow-a1b2.internal:10000", "http://mlflow-a1b2.internal:10000"),
        ("https://mlflow.example.com", "https://mlflow.example.com"),
        ("sqlite:///runs.db", "sqlite:///runs.db"),
        ("/var/lib/runs", "/var/lib/runs"),
    ],
)
def test_an_address_without_a_scheme_is_http(monkeypatch: pytest.MonkeyPatch, given: str, taken_for: str) -> None:
    monkeypatch.setenv("VIGIE_REGISTRY", given)

    assert load_settings(Example).registry == taken_for


@pytest.mark.parametrize(
    ("given", "taken_for"),
    [
        ("kafka-a1b2", "kafka-a1b2:9092"),
        ("one:19092, two", "one:19092,two:9092"),
        ("[::1]:9092", "[::1]:9092"),
        ("[::1]", "[::1]:9092"),
        ("one:19092,", "one:19092"),
        (" one:19092 ,, two ,", "one:19092,two:9092"),
    ],
)
def test_a_broker_without_a_port_has_the_usual_one(monkeypatch: pytest.MonkeyPatch, given: str, taken_for: str) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", given)

    assert load_settings(KafkaSettings).kafka_bootstrap_servers == taken_for


@pytest.mark.parametrize("given", [",", " , ", "one two", "one:9092 two:9092", "ssl://one:9092", "one:port", "one:"])
def test_what_names_no_broker_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", given)

    with pytest.raises(ConfigurationError, match=r"KAFKA_BOOTSTRAP_SERVERS: .*write host:port, comma separated"):
        load_settings(KafkaSettings)


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("KAFKA_BOOTSTRAP_SERVER", "KAFKA_BOOTSTRAP_SERVERS"),
        ("KAFKA_BROKERS", "KAFKA_BOOTSTRAP_SERVERS"),
        ("KAFKA_SASL_MECHANISMS", "KAFKA_SASL_MECHANISM"),
        ("KAFKA_USERNAME", "KAFKA_SASL_USERNAME"),
        ("KAFKA_SSL_CA_FILE", "KAFKA_SSL_CA_LOCATION"),
        ("KAFKA_SSL_TRUSTSTORE_LOCATION", "KAFKA_SSL_CA_LOCATION"),
        ("KAFKA_SSL_KEYSTORE_LOCATION", "KAFKA_SSL_CERTIFICATE_LOCATION"),
        ("KAFKA_SSL_KEY_FILE", "KAFKA_SSL_KEY_LOCATION"),
    ],
)
def test_a_misspelt_variable_is_known_by_the_nearest_name(variable: str, nearest: str) -> None:
    assert misspelt_variables({variable: "value"}) == {variable: nearest}


def test_variables_of_kafka_itself_are_no_misspelt_settings() -> None:
    brokers = "OPTS HOME HEAP_OPTS LISTENERS ADVERTISED_LISTENERS CLUSTER_ID NODE_ID PROCESS_ROLES LOG_DIRS JMX_PORT"

    assert misspelt_variables({f"KAFKA_{name}": "value" for name in brokers.split()}) == {}
    assert misspelt_variables({"KAFKA_BOOTSTRAP_SERVERS": "a:1", "KAFKA_SSL_CA": "", "OTHER": "value"}) == {}
