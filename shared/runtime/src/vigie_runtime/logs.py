"""Logs: a fixed event text and fields, JSON in production, readable lines at home; never account data.

Levels: ERROR a person must act, WARNING something was handled but should not recur, INFO a change of state,
DEBUG what a developer wants while looking.
"""

import logging
import sys

import structlog

from vigie_runtime.settings import ServiceSettings


def configure_logs(settings: ServiceSettings, service: str) -> None:
    """Send our records and those of libraries to standard error in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _naming(service),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for noisy in ("py4j", "urllib3", "httpx2", "httpcore2", "alembic", "matplotlib"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # a line for each try to connect, where "waiting for kafka" says it at growing intervals
    logging.getLogger("librdkafka").setLevel(logging.DEBUG if settings.log_level == "DEBUG" else logging.CRITICAL)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _naming(service: str) -> structlog.typing.Processor:
    """Add the service to each record; a context variable would be lost in threads."""

    def add_service(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["service"] = service
        return event

    return add_service


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Logger of a module: `log.info("topics created", count=6)`."""
    return structlog.stdlib.get_logger(name)
