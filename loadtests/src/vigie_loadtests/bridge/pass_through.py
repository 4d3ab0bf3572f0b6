"""`python -m vigie_loadtests.bridge.pass_through TOPIC`: what consuming and producing alone cost; it changes nothing.

It uses the bridge's own source and outlet, so only decoding, mapping and encoding make the difference.
"""

import sys
import threading
from contextlib import closing

from bridge.conversion import Keyed
from bridge.outlet import TransactionOutlet
from bridge.source import ForeignTopic
from vigie_runtime import KafkaSettings, StatusServer, load_settings, run_entry_point, stop_event

BATCH_RECORDS = 5_000


class _Settings(KafkaSettings):
    status_port: int = 0


def main() -> None:
    """Pass on until a signal."""
    settings, stop, counts = load_settings(_Settings), stop_event(), {"transactions_total": 0}
    server = StatusServer(settings.status_port, lambda: counts)
    server.start()
    with closing(server):
        _pass_on(settings, sys.argv[1], stop, counts)


def _pass_on(settings: KafkaSettings, topic: str, stop: threading.Event, counts: dict[str, int]) -> None:
    source = ForeignTopic(
        settings,
        topic,
        group="pass-through",
        start="earliest",
        max_records=BATCH_RECORDS,
        before_left=lambda: None,
    )
    outlet = TransactionOutlet(settings)
    source.subscribe(source.describe())
    while not stop.is_set():
        messages = source.read(0.1)
        records = [Keyed(message.key() or b"", message.value() or b"") for message in messages]
        while not outlet.is_delivered(1.0):
            pass
        outlet.send(records, [])
        counts["transactions_total"] += len(messages)
    source.close()


if __name__ == "__main__":
    run_entry_point(main)
