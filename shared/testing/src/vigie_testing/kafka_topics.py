"""Topics that a test creates and deletes itself, as the broker's own clients see them afterwards.

Kafka answers both requests before a broker's copy of the cluster's metadata has changed: a topic that was created a
moment ago may still be unknown to it, and then one deleted right afterwards seems gone before it was ever there.
"""

from collections.abc import Mapping

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from vigie_testing.waiting import DEFAULT_TIMEOUT_SECONDS, wait_until


def create_topic(admin: AdminClient, name: str, partitions: int, config: Mapping[str, str] | None = None) -> None:
    """Return once the broker knows the topic; one of that name that is just being deleted is waited for."""

    def is_created() -> bool:
        new = NewTopic(name, partitions, replication_factor=1, config=dict(config or {}))
        admin.create_topics([new])[name].result(DEFAULT_TIMEOUT_SECONDS)
        return True

    wait_until(is_created, what=f"the topic {name} to be created", not_yet=(KafkaException,))
    wait_until(lambda: name in _names(admin), what=f"the topic {name} to be known")


def delete_topic(admin: AdminClient, name: str) -> None:
    """Return once the broker does not know the topic any more; it has to know it now."""
    admin.delete_topics([name])[name].result(DEFAULT_TIMEOUT_SECONDS)
    wait_until(lambda: name not in _names(admin), what=f"the topic {name} to be gone")


def _names(admin: AdminClient) -> set[str]:
    return set(admin.list_topics(timeout=DEFAULT_TIMEOUT_SECONDS).topics)
