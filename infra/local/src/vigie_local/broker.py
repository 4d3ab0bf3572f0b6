"""A real Apache Kafka broker (KRaft, one node) from jars, without a container or a system service."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from vigie_local.ports import HOST, free_port
from vigie_local.process import ManagedProcess
from vigie_runtime import UnavailableError
from vigie_runtime.jars import KAFKA_BROKER, jars_of, scala_library
from vigie_runtime.java import java_executable

NO_PROPERTIES: Mapping[str, str] = MappingProxyType({})
CLUSTER_ID = "dmlnaWUtbG9jYWwtMDAwMQ"
# A small heap: the broker shares two cores with everything else (docs/adr/0023).
JVM_OPTIONS = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC")

SERVER_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers={host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
log.dirs={logs}
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
log.cleaner.dedupe.buffer.size=4194304
"""

LOGGING = """\
status = warn
appender.file.type = Console
appender.file.name = out
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{ISO8601} %p %c{1} %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
"""


class EmbeddedKafka:
    """Starts on a port, keeps its data in a folder, continues there the next time; `properties` go to the broker."""

    def __init__(self, directory: Path, *, port: int, properties: Mapping[str, str] = NO_PROPERTIES) -> None:
        self.port = port
        self.bootstrap_servers = f"{HOST}:{port}"
        self._directory = directory.absolute()
        self._properties = self._directory / "server.properties"
        self._extra_properties = dict(properties)
        self.process = ManagedProcess(
            "Kafka", self._java("kafka.Kafka", str(self._properties)), log=self._directory / "broker.log"
        )

    def start(self) -> None:
        """Format the storage on the first start, start the broker; `wait_ready` tells when it answers."""
        self._write_configuration()
        if not (self._directory / "data" / "meta.properties").exists():
            self._format()
        self.process.start()

    def wait_ready(self, *, seconds: float = 60) -> None:
        """Return once the broker answers; raise UnavailableError otherwise."""
        self.process.wait_ready(self._answers, seconds=seconds)

    def stop(self) -> None:
        """Shut down cleanly: the next start needs no recovery."""
        self.process.stop()

    def _answers(self) -> bool:
        try:
            AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0}).list_topics(timeout=0.5)
        except KafkaException:
            return False
        return True

    def _java(self, main_class: str, *arguments: str) -> list[str]:
        classpath = ":".join(str(jar) for jar in [*jars_of(KAFKA_BROKER), scala_library()])
        logging = f"-Dlog4j2.configurationFile={self._directory / 'log4j2.properties'}"
        return [str(java_executable()), *JVM_OPTIONS, logging, "-cp", classpath, main_class, *arguments]

    def _write_configuration(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        (self._directory / "log4j2.properties").write_text(LOGGING)
        text = SERVER_PROPERTIES.format(
            host=HOST, port=self.port, controller_port=free_port(), logs=self._directory / "data"
        )
        # of a property that stands twice, Java takes the second
        self._properties.write_text(text + "".join(f"{k}={v}\n" for k, v in self._extra_properties.items()))

    def _format(self) -> None:
        arguments = ("format", "-t", CLUSTER_ID, "-c", str(self._properties), "--standalone")
        done = subprocess.run(self._java("kafka.tools.StorageTool", *arguments), capture_output=True, text=True)
        if done.returncode != 0:
            raise UnavailableError(f"Kafka's storage in {self._directory} could not be formatted: {done.stderr}")
