"""Alerts to send, each of an account of its own: people get to see all of them."""

import time
from collections.abc import Sequence

from confluent_kafka import Producer

from vigie_runtime import KafkaSettings, UnavailableError
from vigie_schemas import ALERTS, SCHEMA_VERSION, Alert, Reason, Transaction

FLUSH_SECONDS = 30.0


def an_alert(name: str) -> Alert:
    """An alert of the size the detector writes."""
    transaction = Transaction(
        schema_version=SCHEMA_VERSION,
        transaction_id=name,
        account_id=f"acct-{name}",
        timestamp_ms=time.time_ns() // 1_000_000,
        amount=612.4,
        currency="EUR",
        merchant_id="m-88",
        category="electronics",
        country="FR",
        lat=48.85,
        lon=2.35,
    )
    words = ("612.40 EUR, 11 times this account's usual", "4 payments in 10 minutes", "first payment at this merchant")
    features = ("amount_over_usual", "tempo_10m", "new_merchant")
    reasons = [
        Reason(feature=feature, value=2.4, usual=None, share=share, text=text)
        for feature, text, share in zip(features, words, (0.5, 0.3, 0.2), strict=True)
    ]
    return Alert(
        schema_version=SCHEMA_VERSION,
        alert_id=f"alert:{name}",
        transaction=transaction,
        amount_eur=612.4,
        segment="established_account",
        severity="high",
        score=0.71,
        threshold=0.62,
        quantile=0.995,
        model_version=3,
        threshold_version=4,
        reasons=reasons,
    )


class AlertSender:
    """Writes alerts to the topic and remembers when each was handed to Kafka's client."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._topic = settings.topic_name(ALERTS)
        self._producer = Producer(settings.producer_config(linger_ms=0))
        self.sent_at: dict[str, float] = {}

    def send(self, names: Sequence[str], *, rate: float | None = None) -> None:
        """Send them, so many a second or all at once; raise UnavailableError when Kafka does not take them."""
        begin = time.monotonic()
        for number, name in enumerate(names):
            if rate is not None:
                time.sleep(max(0.0, begin + number / rate - time.monotonic()))
            alert = an_alert(name)
            payload = alert.model_dump_json()
            self.sent_at[alert.alert_id] = time.time()
            self._producer.produce(self._topic, key=alert.account_id, value=payload)
            self._producer.poll(0)
        if self._producer.flush(FLUSH_SECONDS):
            raise UnavailableError("Kafka did not take all alerts: look at build/delivery/kafka/broker.log.")
