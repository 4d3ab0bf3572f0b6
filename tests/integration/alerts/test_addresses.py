"""Webhooks to private addresses are refused unless allowed, and TLS is checked by the receiver's name."""

import datetime
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import list_deliveries
from alert_webhook.delivery.address_guard import GuardedTransport
from vigie_loadtests.delivery.service import AlertWebhookProcess
from vigie_testing.inbox import Inbox

pytestmark = pytest.mark.integration

NAME = "hooks.example"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
def test_a_private_address_is_refused_and_said_to_be(
    service_of: Callable[..., AlertWebhookProcess],
    inbox: Inbox,
    raise_alerts: Callable[..., None],
    eventually: Callable[[Callable[[], bool]], None],
    outbox: Database,
    host: str,
) -> None:
    url = inbox.url.replace("127.0.0.1", host)
    raise_alerts("t1")
    service_of(VIGIE_WEBHOOK_PRIVATE="false", VIGIE_WEBHOOK_URLS=url).start()

    def problems() -> list[str | None]:
        with outbox.reading() as connection:
            return [delivery.problem for delivery in list_deliveries(connection, state="waiting")]

    eventually(lambda: any(problems()))
    assert "VIGIE_WEBHOOK_PRIVATE" in str(problems()[0])
    assert inbox.attempts == []


class Host(BaseHTTPRequestHandler):
    """Says which host was asked for."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        answer = self.headers["host"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Key and certificate of the name, which signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def tls_port(certificate: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = HTTPServer(("127.0.0.1", 0), Host)
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield int(server.server_address[1])
    server.shutdown()
    server.server_close()
    thread.join()


def test_tls_and_host_keep_the_name_though_the_connection_is_made_to_an_address(
    certificate: Path, tls_port: int
) -> None:
    trusting = httpx2.HTTPTransport(verify=ssl.create_default_context(cafile=str(certificate)))
    guarded = GuardedTransport(trusting, resolve=lambda host: ["127.0.0.1"], is_allowed=lambda address: True)

    with httpx2.Client(transport=guarded) as client:
        assert client.post(f"https://{NAME}:{tls_port}/", content=b"{}").text == f"{NAME}:{tls_port}"
        with pytest.raises(httpx2.ConnectError, match=r"not valid for 'other\.example'"):
            client.post(f"https://other.example:{tls_port}/", content=b"{}")
