"""Starts Kafka from KAFKA_ variables by the rules of apache/kafka's image: `___` is -, `__` is _, `_` is a dot."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

# read by Kafka's own start scripts, so they are no properties
OF_THE_SCRIPTS = ("KAFKA_HEAP_OPTS", "KAFKA_OPTS", "KAFKA_JVM_PERFORMANCE_OPTS", "KAFKA_LOG4J_OPTS")
PREFIX = "KAFKA_"


def properties(environment: Mapping[str, str]) -> dict[str, str]:
    """Kafka's properties as the variables name them."""
    found = {}
    for name, value in environment.items():
        if name.startswith(PREFIX) and name not in OF_THE_SCRIPTS:
            key = name.removeprefix(PREFIX).lower().replace("___", "-").replace("__", "\0").replace("_", ".")
            found[key.replace("\0", "_")] = value
    return found


def main() -> None:
    """Format on the first start, then become the broker."""
    file = Path("/tmp/server.properties")
    lines = [f"{name}={value}" for name, value in properties(os.environ).items()]
    file.write_text("\n".join(lines) + "\n")
    java = ["java", *os.environ.get("KAFKA_HEAP_OPTS", "").split(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    java += ["-cp", "/opt/kafka/libs/*"]
    if not Path(os.environ["KAFKA_LOG_DIRS"], "meta.properties").exists():
        format_storage = ["kafka.tools.StorageTool", "format", "-t", os.environ["CLUSTER_ID"], "-c", str(file)]
        subprocess.run([*java, *format_storage], check=True)
    os.execvp("java", [*java, "kafka.Kafka", str(file)])


if __name__ == "__main__":
    main()
