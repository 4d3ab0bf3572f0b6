"""What the registry says should serve, for the page to compare with what scores."""

import threading
from typing import Final

from alert_webhook.web.live_page.hub import Hub
from alert_webhook.web.views import RegistryView
from vigie_registry import RegistryReader, RegistryUnavailableError, UnusableVersionError

POLL_INTERVAL_SECONDS: Final = 10.0


class RegistryWatch:
    """Asks for the champion until asked to stop."""

    def __init__(self, registry: RegistryReader, hub: Hub) -> None:
        self._registry = registry
        self._hub = hub

    def run(self, stop: threading.Event) -> None:
        """Ask again and again; close the reader at the end."""
        with self._registry:
            while not stop.is_set():
                self.look()
                stop.wait(POLL_INTERVAL_SECONDS)

    def look(self) -> None:
        """Give the hub what the registry says."""
        self._hub.set_registry(self._view())

    def _view(self) -> RegistryView:
        try:
            champion = self._registry.champion()
        except (RegistryUnavailableError, UnusableVersionError):
            return RegistryView(reachable=False)
        if champion is None:
            return RegistryView(reachable=True)
        return RegistryView(
            reachable=True, champion_version=champion.version, threshold_version=champion.threshold_version
        )
