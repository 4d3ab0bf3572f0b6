import socket

import pytest

from vigie_local.ports import HOST, claim, free_port, is_free
from vigie_runtime import ConfigurationError


def test_zero_takes_a_free_port() -> None:
    assert is_free(claim(0, purpose="Kafka", variable="VIGIE_KAFKA_PORT"))


def test_a_free_port_is_kept() -> None:
    port = free_port()

    assert claim(port, purpose="Kafka", variable="VIGIE_KAFKA_PORT") == port


def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(ConfigurationError, match=rf"Port {port} for Kafka is taken.*VIGIE_KAFKA_PORT=0"):
            claim(port, purpose="Kafka", variable="VIGIE_KAFKA_PORT")
