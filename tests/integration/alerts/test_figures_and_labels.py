"""What the service writes to Kafka itself: how delivery goes, and what people decided."""

import json
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from alert_webhook.core.answers import Person, decide
from alert_webhook.core.outbox.alerts import find_alert
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.recipients import Recipients, webhook_name
from vigie_loadtests.delivery.service import AlertWebhookProcess
from vigie_runtime import KafkaSettings
from vigie_schemas import DELIVERY, LABELS, DeliveryMetrics, Label, ReceiverMetrics, Topic
from vigie_testing.inbox import Answer, Inbox

pytestmark = pytest.mark.integration

NOW_MS = 1_780_000_000_000
ServiceOf = Callable[..., AlertWebhookProcess]
RaiseAlerts = Callable[..., None]
Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture
def read(kafka: KafkaSettings) -> Iterator[Callable[[Topic], list[bytes]]]:
    """All values of a topic so far, each time it is asked."""
    values: dict[str, list[bytes]] = {topic.name: [] for topic in (DELIVERY, LABELS)}
    consumer = Consumer(kafka.consumer_config("test"))
    consumer.assign([TopicPartition(kafka.topic_name(topic), 0, OFFSET_BEGINNING) for topic in (DELIVERY, LABELS)])

    def so_far(topic: Topic) -> list[bytes]:
        for message in consumer.consume(100, 0.1):
            assert message.error() is None
            values[str(message.topic()).removeprefix(kafka.topic_prefix)].append(message.value() or b"")
        return values[topic.name]

    yield so_far
    consumer.close()


def test_says_each_second_how_delivery_goes(
    service_of: ServiceOf,
    inbox: Inbox,
    raise_alerts: RaiseAlerts,
    eventually: Eventually,
    read: Callable[[Topic], list[bytes]],
) -> None:
    with Inbox(lambda message_id: Answer(503)) as failing:
        raise_alerts("t1", "t2")
        service_of(inbox, failing).start()

        def of(url: str) -> list[ReceiverMetrics]:
            records = [DeliveryMetrics.model_validate_json(value) for value in read(DELIVERY)]
            return [record.receivers[webhook_name(url)] for record in records]

        eventually(lambda: sum(second.delivered for second in of(inbox.url)) == 2)
        eventually(lambda: sum(second.failed_attempts for second in of(failing.url)) >= 2)
        eventually(lambda: of(failing.url)[-1].oldest_waiting_ms > 1_000)

        assert of(failing.url)[-1].waiting == 2
        assert of(inbox.url)[-1].waiting == 0
        latencies = [second.latency for second in of(inbox.url) if second.latency is not None]
        assert latencies
        assert max(latency.count for latency in latencies) == 2


def test_what_an_analyst_decides_reaches_the_labels_topic_once_and_every_webhook(
    service_of: ServiceOf,
    inbox: Inbox,
    raise_alerts: RaiseAlerts,
    eventually: Eventually,
    outbox: Database,
    read: Callable[[Topic], list[bytes]],
) -> None:
    raise_alerts("t1")
    service_of(inbox).start()
    eventually(lambda: inbox.accepted == ["alert:t1"])
    recipients = Recipients(slack=False, webhooks=(webhook_name(inbox.url),))

    for is_fraud in (True, True, False):
        with outbox.writing() as connection:
            decide(
                connection,
                "alert:t1",
                Person("anna", "api"),
                is_fraud=is_fraud,
                now_ms=NOW_MS,
                recipients=recipients,
            )

    eventually(lambda: len(read(LABELS)) == 2 and len(inbox.accepted) == 3)
    first, last = (Label.model_validate_json(value) for value in read(LABELS))
    assert (first.is_fraud, last.is_fraud, last.source, last.labelled_by) == (True, False, "analyst", "anna")
    with outbox.reading() as connection:
        stored = find_alert(connection, "alert:t1")
    assert stored is not None
    assert (first.transaction_id, first.account_id) == ("t1", stored.alert.account_id)
    decisions = [inbox.bodies[message_id] for message_id in inbox.accepted[1:]]
    assert [message["type"] for message in decisions] == ["alert.decided"] * 2
    assert [json.loads(json.dumps(message["data"]))["is_fraud"] for message in decisions] == [True, False]
