"""Start the bridge: `python -m bridge`."""

from contextlib import closing

from bridge.mapping_source import configured_mapping
from bridge.service import Bridge
from bridge.settings import BridgeSettings
from vigie_runtime import StatusServer, configure_logs, load_settings, run_entry_point, stop_event


def main() -> None:
    """Wire the bridge and run it until a signal."""
    settings = load_settings(BridgeSettings)
    configure_logs(settings, "bridge")
    mapping = configured_mapping(settings)
    stop = stop_event()
    bridge = Bridge(settings, mapping)
    server = StatusServer(settings.status_port, bridge.status, host=settings.status_host)
    server.start()
    with closing(server):
        bridge.run(stop)


if __name__ == "__main__":
    run_entry_point(main)
