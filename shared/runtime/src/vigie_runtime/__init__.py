"""What every service of Vigie shares at run time. Kept small: contracts live in vigie_schemas."""

from vigie_runtime.acknowledged_producer import AcknowledgedProducer, Outgoing
from vigie_runtime.errors import ConfigurationError, InputError, UnavailableError, VigieError
from vigie_runtime.kafka import KafkaSettings
from vigie_runtime.lifecycle import run_entry_point, stop_event, yield_processor
from vigie_runtime.logs import configure_logs, get_logger
from vigie_runtime.settings import HttpAddress, ServiceSettings, load_settings
from vigie_runtime.status import StatusServer
from vigie_runtime.topics import KafkaState, ensure_topics, wait_for_topics, watch_topics

__all__ = [
    "AcknowledgedProducer",
    "ConfigurationError",
    "HttpAddress",
    "InputError",
    "KafkaSettings",
    "KafkaState",
    "Outgoing",
    "ServiceSettings",
    "StatusServer",
    "UnavailableError",
    "VigieError",
    "configure_logs",
    "ensure_topics",
    "get_logger",
    "load_settings",
    "run_entry_point",
    "stop_event",
    "wait_for_topics",
    "watch_topics",
    "yield_processor",
]
