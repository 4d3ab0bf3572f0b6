"""One look at the topics of a service: which exist, which lack a leader, which differ from their contracts."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from confluent_kafka import (
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartitionInfo,  # pyright: ignore[reportPrivateImportUsage]
)
from confluent_kafka.admin import (
    AdminClient,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
    TopicDescription,  # pyright: ignore[reportPrivateImportUsage]
)

from vigie_runtime.errors import UnavailableError
from vigie_runtime.kafka import KafkaSettings
from vigie_runtime.kafka_errors import ConnectionErrors, explain
from vigie_runtime.logs import get_logger
from vigie_schemas import Topic

DESCRIBE_TIMEOUT_SECONDS = 1.0
"""An absent broker is noticed within it."""
MAX_DESCRIBE_TIMEOUT_SECONDS = 4.0
"""Reached only by a broker that is connected and slow; a signal to stop waits for it at most."""
CHANGE_TIMEOUT_SECONDS = 5.0

log = get_logger(__name__)


@dataclass(frozen=True)
class TopicDifference:
    """A setting of an existing topic that is not what its contract says."""

    topic: str
    setting: str
    found: str
    contract: str


class TopicAdmin:
    """Asks and changes; raises UnavailableError for what may pass and ConfigurationError for what will not."""

    def __init__(self, settings: KafkaSettings, topics: Sequence[Topic]) -> None:
        self._topics = {settings.topic_name(topic): topic for topic in topics}
        self._replication = settings.kafka_replication
        self._errors = ConnectionErrors(settings.kafka_bootstrap_servers)
        self._timeout_seconds = DESCRIBE_TIMEOUT_SECONDS
        # every failure is returned to the caller, who logs it once: the client's own lines would repeat it
        config = settings.client_config() | {"log_level": 0}
        try:
            self._admin = AdminClient({**config, "error_cb": self._errors}, logger=logging.getLogger("librdkafka"))
        except KafkaException as error:
            raise explain(error.args[0], settings.kafka_bootstrap_servers) from None

    @property
    def is_absent(self) -> bool:
        """Whether no broker could be reached in the last call, which is not the same as a slow answer."""
        return self._errors.are_all_down

    def prepare(self) -> list[TopicDifference]:
        """Create what is missing; return where existing topics differ. UnavailableError until all have leaders."""
        missing = [name for name, found in self._describe().items() if found is None]
        if missing:
            self._create(sorted(missing))
        # described again: what was missing may have been made by others, a moment ago and not as its contract says
        return self._differences(self.require_leaders())

    def require_leaders(self) -> dict[str, TopicDescription]:
        """Each topic; raises UnavailableError unless every one exists and each of its partitions has a leader."""
        found = self._describe()
        missing = sorted(name for name, topic in found.items() if topic is None)
        if missing:
            raise UnavailableError(f"Kafka has no topic {', '.join(missing)}: restart a service that uses it.")
        topics = {name: topic for name, topic in found.items() if topic}
        _require_leaders(topics)
        return topics

    def _describe(self) -> dict[str, TopicDescription | None]:
        """Each topic as Kafka knows it; None where it does not exist."""
        self._errors.clear()
        names = TopicCollection(list(self._topics))
        answers = self._admin.describe_topics(names, request_timeout=self._timeout_seconds)
        found = {name: self._known(name, answer) for name, answer in answers.items()}
        self._timeout_seconds = DESCRIBE_TIMEOUT_SECONDS
        return found

    def _known(self, name: str, answer: "Future[TopicDescription]") -> TopicDescription | None:
        try:
            return answer.result()
        except KafkaException as error:
            problem: KafkaError = error.args[0]
        if problem.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return None
        self._admin.poll(0)  # serves the callback that tells why there is no connection
        longer = min(2 * self._timeout_seconds, MAX_DESCRIBE_TIMEOUT_SECONDS)
        self._timeout_seconds = DESCRIBE_TIMEOUT_SECONDS if self.is_absent else longer
        raise self._errors.explain(problem, f"topic {name}")

    def _create(self, names: Sequence[str]) -> None:
        new = [
            NewTopic(
                name,
                num_partitions=self._topics[name].partitions,
                replication_factor=self._replication,
                config=self._topics[name].config,
            )
            for name in names
        ]
        for name, answer in self._admin.create_topics(new, request_timeout=CHANGE_TIMEOUT_SECONDS).items():
            try:
                answer.result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another service was first
                    raise self._errors.explain(error.args[0], f"topic {name} not created") from None

    def _differences(self, existing: Mapping[str, TopicDescription]) -> list[TopicDifference]:
        """Reported, never changed: how many partitions a topic has decides where each account's records are."""
        resources = [ConfigResource(ResourceType.TOPIC, name) for name in existing]
        answers = self._admin.describe_configs(resources, request_timeout=CHANGE_TIMEOUT_SECONDS)
        found: list[TopicDifference] = []
        for resource, answer in answers.items():
            try:
                config: Mapping[str, ConfigEntry] = answer.result()
            except KafkaException as error:
                if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:  # a broker that has not heard of it yet
                    raise self._errors.explain(error.args[0], f"topic {resource.name}") from None
                # some clusters let no client read configurations
                log.info("topic settings not compared", topic=resource.name, reason=error.args[0].str())
                config = {}
            values = {setting: entry.value for setting, entry in config.items()}
            count = len(existing[resource.name].partitions)
            found += differences(resource.name, self._topics[resource.name], count, values)
        return found


def differences(name: str, topic: Topic, partitions: int, config: Mapping[str, str | None]) -> list[TopicDifference]:
    """Where a topic differs from its contract; a setting that `config` lacks is not compared."""
    found = [] if partitions == topic.partitions else [("partitions", str(partitions), str(topic.partitions))]
    found += [
        (setting, str(config[setting]), contract)
        for setting, contract in topic.config.items()
        if setting in config and config[setting] != contract
    ]
    return [TopicDifference(name, *difference) for difference in found]


def _require_leaders(topics: Mapping[str, TopicDescription]) -> None:
    """A topic just created refuses its first readers until each partition has a leader."""
    waiting = sorted(name for name, topic in topics.items() if not all(_has_leader(p) for p in topic.partitions))
    if waiting:
        raise UnavailableError(f"Kafka has no leader for topic {', '.join(waiting)}: look at the brokers.")


def _has_leader(partition: TopicPartitionInfo) -> bool:
    return partition.leader is not None and partition.leader.id >= 0
