"""What the gateway serves TLS with."""

from pathlib import Path

import pytest

from gateway.server import gateway_server
from gateway.settings import GatewaySettings
from vigie_runtime import ConfigurationError
from vigie_testing.certificates import certificate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    server, other = certificate("gateway", address="127.0.0.1"), certificate("other")
    (tmp_path / "chain.pem").write_text(server.pem())
    (tmp_path / "other.pem").write_text(other.key_pem())
    (tmp_path / "empty.pem").write_text("")
    return tmp_path


@pytest.mark.parametrize("key", ["missing.pem", "empty.pem", "other.pem"])
def test_a_key_that_cannot_be_served_is_named(folder: Path, key: str) -> None:
    settings = GatewaySettings(data_dir=folder, tls_certificate_file=folder / "chain.pem", tls_key_file=folder / key)

    with pytest.raises(ConfigurationError, match=f"VIGIE_TLS_KEY_FILE={folder / key} cannot be served"):
        gateway_server(settings)
