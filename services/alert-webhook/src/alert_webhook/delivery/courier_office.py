"""Stands in until the courier office is merged: holds the lock, delivers nothing."""

import threading
from contextlib import closing
from typing import Final

from alert_webhook.outbox.database import Database
from alert_webhook.outbox.lock import sole_courier
from alert_webhook.settings import AlertWebhookSettings
from vigie_runtime import get_logger

POLL_SECONDS: Final = 0.2

log = get_logger(__name__)


class CourierOffice:
    """One process in all."""

    def __init__(self, settings: AlertWebhookSettings, database: Database) -> None:
        self._settings = settings
        self._database = database

    def run(self, stop: threading.Event) -> None:
        """Hold the lock until stopped."""
        with closing(sole_courier(self._database, self._settings.data_dir)) as lock:
            while not stop.is_set() and not lock.take():
                stop.wait(POLL_SECONDS)
            if lock.is_held():
                log.info("this process delivers")
                stop.wait()
