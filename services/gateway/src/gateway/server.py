"""The HTTP server: one process, one event loop; for more, more replicas."""

import ssl
from typing import Final

import uvicorn

from gateway.service import Gateway
from gateway.settings import GatewaySettings
from gateway.web.app import create_app
from vigie_runtime import ConfigurationError

SWITCH_INTERVAL_SECONDS: Final = 0.0005
"""What a thread with an outcome at hand waits at most for the one that answers; five milliseconds by default."""
STOP_TIMEOUT_SECONDS: Final = 10
KEEP_ALIVE_SECONDS: Final = 75
"""Longer than the load balancers of platforms keep a connection, or they would use one that is just being closed."""
BACKLOG: Final = 4096


def gateway_server(settings: GatewaySettings) -> uvicorn.Server:
    """The server, not started; raises ConfigurationError for settings the gateway cannot work with."""
    _require_servable(settings)
    config = uvicorn.Config(
        create_app(Gateway(settings)),
        host=settings.gateway_host,
        port=settings.gateway_port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_TIMEOUT_SECONDS,
        ssl_certfile=settings.tls_certificate_file,
        ssl_keyfile=settings.tls_key_file,
    )
    return uvicorn.Server(config)


def _require_servable(settings: GatewaySettings) -> None:
    """The certificate and its key are read now, for uvicorn's own words name no setting."""
    certificate, key = settings.tls_certificate_file, settings.tls_key_file
    if certificate is None:
        return
    try:
        # an empty passphrase: without one OpenSSL would ask for it on the terminal, and wait
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except OSError as error:
        raise ConfigurationError(
            f"VIGIE_TLS_CERTIFICATE_FILE={certificate} and VIGIE_TLS_KEY_FILE={key} cannot be served "
            f"({error.strerror or error}). Give the chain and its key as PEM, the key without a passphrase."
        ) from None
