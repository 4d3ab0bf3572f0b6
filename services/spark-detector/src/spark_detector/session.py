"""The only place with Spark settings."""

import os
import re
import socket
import sys
from pathlib import Path

from pyspark.sql import SparkSession

from spark_detector.class_sharing import ARCHIVE, jvm_flags
from spark_detector.settings import DetectorSettings
from vigie_runtime import ConfigurationError, KafkaSettings
from vigie_runtime.jars import KAFKA_CONNECTOR, jars_of
from vigie_runtime.java import java_executable

LOGGERS_NOISY_AT_STOP = (
    "org.apache.spark.executor.Executor",
    "org.apache.spark.scheduler.TaskSetManager",
    "org.apache.spark.shuffle.streaming",
    "org.apache.spark.network",
    "org.apache.spark.sql.execution.datasources.v2",
    "org.apache.spark.util.Utils",
    "org.apache.spark.util.ErrorNotifier",
)
STOP_TIMEOUT_SECONDS = 5
"""Without a broker Kafka's client takes a minute to close; platforms end a service after ten seconds."""


def start_session(settings: DetectorSettings, archive: Path | None = ARCHIVE) -> SparkSession:
    """Start Spark for the stream, from an archive of its classes where there is one.

    Raises ConfigurationError without a Java that is new enough.
    """
    java_executable()
    # Rows made in Python pass a Python worker, and PATH may lead it to another version, which Spark refuses
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = (
        SparkSession.builder.appName("vigie-detector")
        .master(settings.spark_master)
        .config("spark.jars", ",".join(str(jar) for jar in jars_of(KAFKA_CONNECTOR)))
        .config("spark.driver.memory", settings.spark_memory)
        .config("spark.driver.extraJavaOptions", f"{settings.spark_jvm_options} {jvm_flags(archive)}".strip())
        .config("spark.executor.memory", settings.spark_memory)
        .config("spark.executor.extraJavaOptions", settings.spark_jvm_options)
        .config("spark.driver.host", driver_host(settings))
        .config("spark.driver.bindAddress", "127.0.0.1" if settings.is_local else "0.0.0.0")  # noqa: S104 - executors
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        # Both note where in the code each column came from, for error messages: most of what describing a plan costs.
        .config("spark.python.sql.dataFrameDebugging.enabled", "false")
        .config("spark.sql.dataFrameQueryContext.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", str(settings.shuffle_partitions))
        .config("spark.sql.adaptive.enabled", "false")
        # One method for a whole stage grows beyond what the JVM allows; each expression's own does not (docs/adr/0003).
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.streaming.metricsEnabled", "false")
        .config(
            "spark.sql.streaming.stateStore.providerClass",
            "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider",
        )
        # What Real-time Mode asks for; the checkpoint's batches would choose the older format by themselves.
        .config("spark.sql.streaming.stateStore.checkpointFormatVersion", "2")
        .config("spark.sql.streaming.minBatchesToRetain", "5")
        .config("spark.sql.streaming.stopTimeout", f"{STOP_TIMEOUT_SECONDS}s")
        # The default of 50 ms is waited by every record that meets a half-empty buffer (docs/adr/0003).
        .config("spark.shuffle.streaming.networkBufferMaxWaitTimeMs", "5")
    )
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    _silence_stops(session)
    return session


def require_slots(settings: DetectorSettings, partitions: int) -> None:
    """Raise ConfigurationError where two queries and a checkpoint cannot run side by side: Spark would wait for ever.

    A query holds a slot for each partition it reads and each shuffle partition, a checkpoint one for each partition.
    """
    needed = 2 * (partitions + settings.shuffle_partitions) + max(partitions, settings.shuffle_partitions)
    named = re.fullmatch(r"local(?:\[(\d+|\*)(?:,\d+)?\])?", settings.spark_master)
    if named is None:
        return  # a cluster says itself what it has
    slots = (os.cpu_count() or 1) if named[1] == "*" else int(named[1] or 1)
    if slots < needed:
        raise ConfigurationError(
            f"SPARK_MASTER={settings.spark_master} has {slots} slots, and two queries and a checkpoint over "
            f"{partitions} partitions need {needed} at the same time: set SPARK_MASTER=local[{needed}] or more. "
            "Slots are threads, not cores."
        )


def driver_host(settings: DetectorSettings) -> str:
    """Where executors reach the driver: by name in a cluster, otherwise on this machine only."""
    if settings.is_local:
        return "127.0.0.1"
    return settings.spark_driver_host or socket.gethostname()


def _silence_stops(session: SparkSession) -> None:
    """Stopping a query interrupts its tasks, which these report as errors; a real one ends the query and is raised."""
    jvm = session.sparkContext._jvm
    levels = jvm.org.apache.logging.log4j.Level  # pyright: ignore[reportOptionalMemberAccess]
    configurator = jvm.org.apache.logging.log4j.core.config.Configurator  # pyright: ignore[reportOptionalMemberAccess]
    for name in LOGGERS_NOISY_AT_STOP:
        configurator.setLevel(name, levels.OFF)


def kafka_options(kafka: KafkaSettings) -> dict[str, str]:
    """Connection options of Spark's Kafka source and sink; names of Java's client, not librdkafka's."""
    options = {
        "kafka.bootstrap.servers": kafka.kafka_bootstrap_servers,
        "kafka.security.protocol": kafka.kafka_security_protocol,
    }
    if kafka.kafka_security_protocol.startswith("SASL"):
        login = "plain.PlainLoginModule" if kafka.kafka_sasl_mechanism == "PLAIN" else "scram.ScramLoginModule"
        password = kafka.kafka_sasl_password.get_secret_value() if kafka.kafka_sasl_password else ""
        options["kafka.sasl.mechanism"] = kafka.kafka_sasl_mechanism
        options["kafka.sasl.jaas.config"] = (
            f"org.apache.kafka.common.security.{login} required "
            f"username={_quoted(kafka.kafka_sasl_username or '')} password={_quoted(password)};"
        )
    options |= {f"kafka.{name}": value for name, value in kafka.java_tls().items()}
    return options


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
