"""Certificates by setting: in which form both clients get them, and what cannot be meant. With a broker:
tests/integration/test_kafka_tls.py.
"""

from pathlib import Path

import pytest

from vigie_runtime import ConfigurationError, KafkaSettings, load_settings

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIB\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqG\n-----END PRIVATE KEY-----\n"
OTHER_KEYS = ("RSA", "EC", "ENCRYPTED")


@pytest.fixture(autouse=True)
def _tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SSL")


def load(monkeypatch: pytest.MonkeyPatch, **variables: object) -> KafkaSettings:
    for name, value in variables.items():
        monkeypatch.setenv(f"KAFKA_{name}", str(value))
    return load_settings(KafkaSettings)


def test_both_clients_get_the_text_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(f"# two of them\n{CERTIFICATE}subject: CN=b\n{CERTIFICATE}")

    settings = load(monkeypatch, SSL_CA_LOCATION=path)

    assert settings.client_config()["ssl.ca.pem"] == CERTIFICATE * 2
    assert settings.java_tls() == {"ssl.truststore.type": "PEM", "ssl.truststore.certificates": CERTIFICATE * 2}


def test_a_certificate_of_the_client_goes_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    one_line = KEY.replace("\n", "\\n")

    settings = load(monkeypatch, SSL_CERTIFICATE_PEM=CERTIFICATE, SSL_KEY_PEM=one_line)

    assert settings.librdkafka_tls() == {"ssl.certificate.pem": CERTIFICATE, "ssl.key.pem": KEY}
    assert settings.java_tls() == {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.certificate.chain": CERTIFICATE,
        "ssl.keystore.key": KEY,
    }
    assert "MIGH" not in repr(settings)


def test_without_certificates_the_clients_trust_what_they_trust_by_themselves() -> None:
    settings = load_settings(KafkaSettings)

    assert settings.uses_tls
    assert settings.java_tls() == settings.librdkafka_tls() == {}


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"SSL_CA_LOCATION": "/no/ca.pem"}, r"KAFKA_SSL_CA_LOCATION: /no/ca\.pem cannot be read \(No such file"),
        ({"SSL_CA_PEM": "MIIB"}, "KAFKA_SSL_CA_PEM holds no certificate in PEM format"),
        ({"SSL_CA_PEM": CERTIFICATE, "SSL_CA_LOCATION": "ca.pem"}, "KAFKA_SSL_CA_PEM are both set"),
        ({"SSL_CERTIFICATE_PEM": CERTIFICATE}, r"set KAFKA_SSL_CERTIFICATE_\* and KAFKA_SSL_KEY_\*"),
        ({"SSL_KEY_PEM": KEY}, r"set KAFKA_SSL_CERTIFICATE_\* and KAFKA_SSL_KEY_\*"),
        ({"SSL_CERTIFICATE_PEM": CERTIFICATE, "SSL_KEY_PEM": "key"}, "KAFKA_SSL_KEY_PEM holds no private key"),
        (
            {"SECURITY_PROTOCOL": "PLAINTEXT", "SSL_CA_PEM": CERTIFICATE},
            "KAFKA_SSL_CA_PEM is set, and KAFKA_SECURITY_PROTOCOL=PLAINTEXT uses no TLS: set it to SSL or SASL_SSL",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_by_the_variables_name(
    variables: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        load(monkeypatch, **variables)


@pytest.mark.parametrize("kind", OTHER_KEYS)
def test_a_key_that_java_cannot_read_is_refused_with_the_way_to_convert_it(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = KEY.replace("PRIVATE", f"{kind} PRIVATE")

    with pytest.raises(ConfigurationError, match=r"KAFKA_SSL_KEY_PEM holds .*openssl pkcs8 -topk8 -nocrypt"):
        load(monkeypatch, SSL_CERTIFICATE_PEM=CERTIFICATE, SSL_KEY_PEM=key)
