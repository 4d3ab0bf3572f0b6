"""Jars fetched once by Spark's own package resolver, checked against committed hashes, kept outside the repository."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from vigie_runtime.errors import UnavailableError
from vigie_runtime.java import java_executable


@dataclass(frozen=True)
class JarBundle:
    """Maven artifacts with all they need; `name` is also that of the file of hashes."""

    name: str
    version: str
    coordinates: str
    excludes: tuple[str, ...] = ()
    """What Spark itself brings already; `group:artifact`."""

    @property
    def directory(self) -> Path:
        """Where the bundle's jars are kept."""
        return cache_directory() / "jars" / f"{self.name}-{self.version}"

    def locked_hashes(self) -> dict[str, str]:
        """SHA-256 by file name, as committed."""
        text = files("vigie_runtime").joinpath("jar_locks", f"{self.name}.sha256").read_text()
        return {name: digest for digest, name in (line.split() for line in text.splitlines())}


# Two bundles and never one: together, the broker's newer kafka-clients would replace the connector's.
KAFKA_BROKER: Final = JarBundle(
    "kafka-broker",
    "4.4.0",
    # without the binding the broker's log would be empty
    "org.apache.kafka:kafka_2.13:4.4.0,org.apache.logging.log4j:log4j-slf4j-impl:2.25.5",
)
KAFKA_CONNECTOR: Final = JarBundle(
    "kafka-connector",
    "4.2.0",
    "org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0",
    excludes=(
        "at.yawk.lz4:lz4-java",
        "com.google.code.findbugs:jsr305",
        "org.apache.hadoop:hadoop-client-api",
        "org.apache.hadoop:hadoop-client-runtime",
        "org.scala-lang.modules:scala-parallel-collections_2.13",
        "org.slf4j:slf4j-api",
        "org.xerial.snappy:snappy-java",
    ),
)


def cache_directory() -> Path:
    """Where fetched jars are kept: VIGIE_CACHE_DIR, else the user's cache."""
    chosen = os.environ.get("VIGIE_CACHE_DIR")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vigie"


def jars_of(bundle: JarBundle) -> list[Path]:
    """Paths of the bundle's jars, fetched first if need be; raise UnavailableError when that fails."""
    directory = bundle.directory
    locked = bundle.locked_hashes()
    if _wrong_jars(directory, locked):
        with _only_one_process(directory):
            if _wrong_jars(directory, locked):
                _fetch(bundle, directory)
    wrong = _wrong_jars(directory, locked)
    if wrong:
        raise UnavailableError(
            f"The jars of {bundle.coordinates} in {directory} are not those this version was tested with "
            f"({', '.join(sorted(wrong))}). Delete the folder and try again; if it persists, do not run them."
        )
    return [directory / name for name in sorted(locked)]


def scala_library() -> Path:
    """Scala's library out of Spark's own jars: the resolver leaves it out of every bundle."""
    import pyspark

    return next(Path(pyspark.__file__).parent.joinpath("jars").glob("scala-library-*.jar"))


def is_cached(bundle: JarBundle) -> bool:
    """Whether nothing has to be downloaded."""
    return all((bundle.directory / name).exists() for name in bundle.locked_hashes())


def _wrong_jars(directory: Path, locked: dict[str, str]) -> list[str]:
    def is_right(name: str, digest: str) -> bool:
        path = directory / name
        return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == digest

    return [name for name, digest in locked.items() if not is_right(name, digest)]


@contextmanager
def _only_one_process(directory: Path) -> Iterator[None]:
    directory.parent.mkdir(parents=True, exist_ok=True)
    with (directory.parent / f"{directory.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(bundle: JarBundle, directory: Path) -> None:
    """Resolve into a folder of its own, then put the jars in place at once."""
    from pyspark import SparkConf
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway

    java_executable()
    with tempfile.TemporaryDirectory(dir=directory.parent) as ivy:
        conf = SparkConf(loadDefaults=False)
        conf.set("spark.jars.packages", bundle.coordinates).set("spark.jars.ivy", ivy)
        conf.set("spark.jars.excludes", ",".join(bundle.excludes))
        try:
            gateway = launch_gateway(conf)
        except PySparkRuntimeError as error:
            raise UnavailableError(
                f"Could not fetch {bundle.coordinates}: see the resolver's report above. "
                "Check the network or proxy; Maven settings for Spark go into ivysettings."
            ) from error
        gateway.shutdown()
        gateway.proc.stdin.close()  # the JVM ends when its standard input does
        gateway.proc.wait(timeout=30)
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        for jar in Path(ivy, "jars").glob("*.jar"):
            jar.rename(directory / jar.name)
