"""TLS to Kafka: whose certificates are trusted, and the certificate a client shows; for librdkafka and Java alike.

Files are read once and handed on as text, so that Spark's executors need none of them.
"""

import re
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from vigie_runtime.settings import ServiceSettings

MAX_FILE_BYTES: Final = 4 * 2**20
CERTIFICATE: Final = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
PRIVATE_KEY: Final = re.compile("-----BEGIN PRIVATE KEY-----.+?-----END PRIVATE KEY-----", re.DOTALL)
OTHER_KEY: Final = re.compile("-----BEGIN (RSA|EC|DSA|ENCRYPTED) PRIVATE KEY-----")
"""Keys that librdkafka reads and Java's client does not: it takes PKCS#8, and fails with the usual encryption of it."""
PARTS: Final = ("ca", "certificate", "key")
Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]


class KafkaTlsSettings(ServiceSettings):
    """Certificates for KAFKA_SECURITY_PROTOCOL=SSL and SASL_SSL, each as a file or as text."""

    kafka_security_protocol: Protocol = Field(
        default="PLAINTEXT", validation_alias="KAFKA_SECURITY_PROTOCOL", description="As the broker asks for."
    )
    kafka_ssl_ca_location: Path | None = Field(
        default=None,
        validation_alias="KAFKA_SSL_CA_LOCATION",
        description="PEM file of the authority that signed the brokers' certificates; unset: what the machine trusts.",
    )
    kafka_ssl_ca_pem: str | None = Field(
        default=None, validation_alias="KAFKA_SSL_CA_PEM", description="The same as text; \\n may stand for a new line."
    )
    kafka_ssl_certificate_location: Path | None = Field(
        default=None,
        validation_alias="KAFKA_SSL_CERTIFICATE_LOCATION",
        description="PEM file of the client's own certificate, where the broker asks for one.",
    )
    kafka_ssl_certificate_pem: str | None = Field(
        default=None, validation_alias="KAFKA_SSL_CERTIFICATE_PEM", description="The same as text."
    )
    kafka_ssl_key_location: Path | None = Field(
        default=None,
        validation_alias="KAFKA_SSL_KEY_LOCATION",
        description="PEM file of its key: PKCS#8, not encrypted.",
    )
    kafka_ssl_key_pem: SecretStr | None = Field(
        default=None, validation_alias="KAFKA_SSL_KEY_PEM", description="The same as text."
    )

    @field_validator("kafka_ssl_ca_pem", "kafka_ssl_certificate_pem", "kafka_ssl_key_pem", mode="before")
    @classmethod
    def _with_lines(cls, value: object) -> object:
        """Some platforms keep a variable in one line."""
        return value.replace("\\n", "\n") if isinstance(value, str) else value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        given = [name for name in type(self).model_fields if name.startswith("kafka_ssl_") and getattr(self, name)]
        if given and not self.uses_tls:
            raise ValueError(
                f"{given[0].upper()} is set, and KAFKA_SECURITY_PROTOCOL={self.kafka_security_protocol} uses no TLS: "
                "set it to SSL or SASL_SSL"
            )
        for part in PARTS:
            if getattr(self, f"kafka_ssl_{part}_location") and getattr(self, f"kafka_ssl_{part}_pem"):
                variable = f"KAFKA_SSL_{part.upper()}"
                raise ValueError(f"{variable}_LOCATION and {variable}_PEM are both set: unset one of them")
        if (self._text("certificate") is None) != (self._text("key") is None):
            raise ValueError(
                "a client's certificate needs its key: set KAFKA_SSL_CERTIFICATE_* and KAFKA_SSL_KEY_*, or none"
            )
        self._text("ca")
        return self

    @property
    def uses_tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.kafka_security_protocol.endswith("SSL")

    def librdkafka_tls(self) -> dict[str, str]:
        """Settings of librdkafka's clients."""
        return self._named({"ca": "ssl.ca.pem", "certificate": "ssl.certificate.pem", "key": "ssl.key.pem"})

    def java_tls(self) -> dict[str, str]:
        """Settings of Java's client."""
        found = self._named(
            {
                "ca": "ssl.truststore.certificates",
                "certificate": "ssl.keystore.certificate.chain",
                "key": "ssl.keystore.key",
            }
        )
        stores = {name.removesuffix(".certificates").removesuffix(".key") for name in found}
        return found | {f"{store}.type": "PEM" for store in sorted(stores) if store.endswith("store")}

    def _named(self, names: dict[str, str]) -> dict[str, str]:
        return {name: text for part, name in names.items() if (text := self._text(part)) is not None}

    def _text(self, part: str) -> str | None:
        """The part's PEM text; None where it is not given. Raises ValueError that names the variable."""
        path, text = getattr(self, f"kafka_ssl_{part}_location"), getattr(self, f"kafka_ssl_{part}_pem")
        if path is not None:
            variable = f"KAFKA_SSL_{part.upper()}_LOCATION"
            return _checked(_read(variable, path), part, f"{variable}: {path}")
        if isinstance(text, SecretStr):
            text = text.get_secret_value()
        return None if text is None else _checked(text, part, f"KAFKA_SSL_{part.upper()}_PEM")


def _read(variable: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES).decode("ascii", errors="replace")
    except OSError as error:
        raise ValueError(f"{variable}: {path} cannot be read ({error.strerror})") from None


def _checked(text: str, part: str, origin: str) -> str:
    """The certificates or the key in a text; what else stands in it, such as descriptions, Java would refuse."""
    if part == "key":
        key = PRIVATE_KEY.search(text)
        if key is None and OTHER_KEY.search(text):
            raise ValueError(
                f"{origin} holds an encrypted key or one of an older form, which Java's client does not read: convert "
                "it with `openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW`, and let the service alone read the new file"
            )
        if key is None:
            raise ValueError(f"{origin} holds no private key in PEM format")
        return key[0] + "\n"
    found = [match[0] for match in CERTIFICATE.finditer(text)]
    if not found:
        raise ValueError(f"{origin} holds no certificate in PEM format, which begins with -----BEGIN CERTIFICATE-----")
    return "\n".join(found) + "\n"
