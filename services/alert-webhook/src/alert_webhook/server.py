"""gunicorn, set up from our settings: every worker serves from the outbox, and one of them delivers."""

import logging
import math
from types import FrameType
from typing import Final

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from alert_webhook.service import STOP_TIMEOUT_SECONDS, AlertWebhook, open_outbox
from alert_webhook.settings import AlertWebhookSettings

SPARE_THREADS: Final = 8
"""For short requests while every stream is taken."""
SHUTDOWN_MARGIN_SECONDS: Final = 1
"""Between the end of a worker's own time-out and gunicorn's, which kills it."""


class PageServer(BaseApplication):
    """Serves the page until a signal."""

    def __init__(self, settings: AlertWebhookSettings) -> None:
        self._settings = settings
        self.service = AlertWebhook(settings)
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn our settings instead of a file's or the command line's."""
        settings = {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "workers": self._settings.page_workers,
            "worker_class": PageWorker,
            "threads": self._settings.largest_audience + SPARE_THREADS,
            "graceful_timeout": math.ceil(STOP_TIMEOUT_SECONDS) + SHUTDOWN_MARGIN_SECONDS,
            "keepalive": 2,
            "forwarded_allow_ips": "",  # whose headers to believe is VIGIE_TRUSTED_PROXIES' to say
            "logger_class": QuietLogger,
            "loglevel": self._settings.log_level.lower(),
            "control_socket_disable": True,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:  # pyright: ignore[reportIncompatibleMethodOverride]  # the stubs want plain dicts
        """Start the service in the worker, where gunicorn asks for the application."""
        return self.service.start()

    def run(self) -> None:
        """Bring the outbox up to date before the workers open it, then serve.

        Raise ConfigurationError for an outbox that cannot be used, UnavailableError when it does not answer.
        """
        open_outbox(self._settings).close()
        super().run()


class PageWorker(ThreadWorker):
    """Closes the open streams when asked to stop: gunicorn would wait for them until its time-out."""

    def _service(self) -> AlertWebhook:
        if not isinstance(self.app, PageServer):
            raise TypeError("PageWorker serves a PageServer only")
        return self.app.service

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop gracefully."""
        self._service().request_stop()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at once."""
        self._service().request_stop()
        super().handle_quit(sig, frame)

    def run(self) -> None:
        """Serve, then let the threads leave Kafka."""
        super().run()
        self._service().request_stop()
        self._service().join()


class QuietLogger(Logger):
    """Hands gunicorn's records to our logs; requests are not logged."""

    def setup(self, cfg: Config) -> None:
        """Use the handlers of the root logger."""
        self.cfg = cfg
        self.error_log.setLevel(self.LOG_LEVELS.get(cfg.loglevel, logging.INFO))
        self.error_log.propagate = True
