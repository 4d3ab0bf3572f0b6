"""What a failed call to Kafka means for a person: something to wait for, or something to change."""

import re

from confluent_kafka import KafkaError

from vigie_runtime.errors import ConfigurationError, UnavailableError, VigieError

AUTHENTICATION = {
    KafkaError._AUTHENTICATION,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.UNSUPPORTED_SASL_MECHANISM,
    KafkaError.ILLEGAL_SASL_STATE,
}
AUTHORIZATION = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}
REFUSED_SETTING = {
    KafkaError._INVALID_ARG,
    KafkaError.INVALID_CONFIG,
    KafkaError.TOPIC_EXCEPTION,
    KafkaError.POLICY_VIOLATION,
    KafkaError.UNSUPPORTED_VERSION,
}
ELECTING = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.FENCED_LEADER_EPOCH,
}
"""What brokers answer for a listed partition while its leader takes over: right after a topic was made, or moved."""
_TLS_SETTING = re.compile(r"\bssl\.(ca|certificate|key)\b")
_UNTRUSTED = "certificate verify failed"
_CLIENT_REFUSED = re.compile(
    "tls alert [a-z ]*(certificate|unknown ca)|tlsv[0-9]+ alert [a-z ]*(certificate|unknown ca)"
)
_STATE_OF_CONNECTION = re.compile(r" \(after \d+ms in state \w+\)")


class ConnectionErrors:
    """The last error of a client's connections; no call returns it, the client reports it to this `error_cb`."""

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self.last: KafkaError | None = None
        self.are_all_down = False
        """Whether no broker could be reached at all."""

    def __call__(self, error: KafkaError) -> None:
        """Keep the cause; that all brokers are down only follows from it."""
        is_summary = error.code() == KafkaError._ALL_BROKERS_DOWN
        self.are_all_down = self.are_all_down or is_summary
        if self.last is None or not is_summary:
            self.last = error

    def clear(self) -> None:
        """Start over before the next call."""
        self.last, self.are_all_down = None, False

    def explain(self, error: KafkaError, subject: str = "") -> VigieError:
        """The error to raise for a failed call: UnavailableError where waiting helps, else ConfigurationError."""
        is_final = error.code() in AUTHENTICATION | AUTHORIZATION | REFUSED_SETTING
        cause = error if is_final or self.last is None else self.last
        return explain(cause, self._servers, subject)


def explain(error: KafkaError, servers: str, subject: str = "") -> VigieError:
    """The error to raise: UnavailableError for what may pass, ConfigurationError for what a person has to change."""
    reason = f"{subject}: {_text(error)}" if subject else _text(error)
    code = error.code()
    if code in AUTHENTICATION:
        return ConfigurationError(
            f"Kafka at {servers} refuses the login ({reason}). "
            "Check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD."
        )
    if code in AUTHORIZATION:
        return ConfigurationError(
            f"Kafka at {servers} denies access ({reason}). Allow the user of KAFKA_SASL_USERNAME to create, describe, "
            "read and write topics that begin with VIGIE_TOPIC_PREFIX, and to read groups."
        )
    trouble = _tls_trouble(error, servers, reason)
    if trouble is not None:
        return trouble
    if code in REFUSED_SETTING:
        return ConfigurationError(
            f"Kafka at {servers} refuses a setting ({reason}). Check the KAFKA_* variables, VIGIE_TOPIC_PREFIX and "
            "VIGIE_KAFKA_REPLICATION, and the cluster's own rules for topics."
        )
    if code == KafkaError.INVALID_REPLICATION_FACTOR:
        return UnavailableError(
            f"Kafka at {servers} has too few brokers ({reason}). Start more brokers or lower VIGIE_KAFKA_REPLICATION."
        )
    if code in ELECTING:
        return UnavailableError(
            f"Kafka at {servers} has no leader for a partition yet ({reason}): look at the brokers."
        )
    return UnavailableError(
        f"Kafka does not answer at {servers} ({reason}). "
        "Start it with `make run`, or check KAFKA_BOOTSTRAP_SERVERS and KAFKA_SECURITY_PROTOCOL."
    )


def _tls_trouble(error: KafkaError, servers: str, reason: str) -> ConfigurationError | None:
    """What to change where TLS fails, else None; librdkafka has one text for an unknown authority and a wrong name."""
    text = error.str()
    setting = _TLS_SETTING.search(text)
    if setting and error.code() in REFUSED_SETTING:
        variable = f"KAFKA_SSL_{setting[1].upper()}"
        return ConfigurationError(
            f"{variable}_LOCATION or {variable}_PEM cannot be used ({reason}): look at what it holds."
        )
    if _UNTRUSTED in text:
        return ConfigurationError(
            f"The certificate of Kafka at {servers} is not trusted ({reason}): set KAFKA_SSL_CA_LOCATION or "
            "KAFKA_SSL_CA_PEM to the authority that signed it, and name the broker in KAFKA_BOOTSTRAP_SERVERS as the "
            "certificate does."
        )
    if _CLIENT_REFUSED.search(text):
        return ConfigurationError(
            f"Kafka at {servers} wants another certificate of the client ({reason}): set "
            "KAFKA_SSL_CERTIFICATE_LOCATION and KAFKA_SSL_KEY_LOCATION to one that it accepts."
        )
    if error.code() == KafkaError._SSL:
        return ConfigurationError(
            f"No TLS connection to Kafka at {servers} ({reason}). "
            "Check KAFKA_SECURITY_PROTOCOL, and that this machine trusts the broker's certificate."
        )
    return None


def _text(error: KafkaError) -> str:
    if error.code() == KafkaError._ALL_BROKERS_DOWN:  # its own text counts brokers wrongly: "0/1 brokers are down"
        return "every connection was closed or refused"
    return _STATE_OF_CONNECTION.sub("", error.str())
