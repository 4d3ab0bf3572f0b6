"""Start the gateway: `python -m gateway`."""

import sys

from gateway.server import SWITCH_INTERVAL_SECONDS, gateway_server
from gateway.settings import GatewaySettings
from vigie_runtime import ConfigurationError, configure_logs, load_settings, run_entry_point


def main() -> None:
    """Wire the gateway and serve until a signal."""
    settings = load_settings(GatewaySettings)
    configure_logs(settings, "gateway")
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    server = gateway_server(settings)
    server.run()
    if not server.started:
        raise ConfigurationError(
            f"VIGIE_GATEWAY_HOST, VIGIE_GATEWAY_PORT: cannot listen on {settings.gateway_host} port "
            f"{settings.gateway_port}. Choose an address of this machine and a port that is free."
        )


if __name__ == "__main__":
    run_entry_point(main)
