"""A Docker engine, the images built with it, and the whole stack running from them."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from vigie_runtime.jars import KAFKA_BROKER, cache_directory, jars_of, scala_library

REPOSITORY = Path(__file__).parents[2]
HERE = Path(__file__).parent
BUILD_SECONDS = 1200
BASE_IMAGE = "python:3.11-slim-bookworm"
TAG = "test"
OURS = sorted(file for pattern in ("services/*", "loadtests") for file in REPOSITORY.glob(f"{pattern}/Dockerfile"))
UNITS = {"B": 1, "kB": 1e3, "KiB": 2**10, "MB": 1e6, "MiB": 2**20, "GB": 1e9, "GiB": 2**30}
FROM_GRAFANA = "grafana-provisioning"


@dataclass
class Engine:
    """The docker command and its compose."""

    docker: str
    compose: list[str]
    base: str = BASE_IMAGE

    def run(self, *arguments: str, seconds: float = 120, check: bool = True) -> str:
        """Output of a docker command."""
        environment = os.environ | {"DOCKER_BUILDKIT": "1"}
        done = subprocess.run(
            [self.docker, *arguments], capture_output=True, text=True, env=environment, timeout=seconds, check=False
        )
        if check and done.returncode != 0:
            pytest.fail(f"docker {' '.join(arguments[:4])} …: {done.stderr[-4000:]}")
        return done.stdout.strip()

    def build(self, name: str, dockerfile: Path, context: Path) -> str:
        """Build an image of this name; return its reference."""
        reference = f"vigie/{name}:{TAG}"
        base = ["--build-arg", f"BASE_IMAGE={self.base}"]
        # --network=host: some engines give builds no network of their own
        target = ["-t", reference, "-f", str(dockerfile), str(context)]
        self.run("build", "--network=host", "-q", *base, *target, seconds=BUILD_SECONDS)
        return reference

    def take(self, name: str, image: str) -> str:
        """Take an image of this name from a registry instead; return the same reference."""
        reference = f"vigie/{name}:{TAG}"
        self.run("pull", "--quiet", image, seconds=BUILD_SECONDS)
        self.run("tag", image, reference)
        return reference

    def logs(self, container: str) -> str:
        """Both streams of a container."""
        done = subprocess.run([self.docker, "logs", container], capture_output=True, text=True, timeout=60, check=True)
        return done.stdout + done.stderr

    def memory(self, container: str) -> float:
        """Megabytes in use, without what the kernel only keeps of files; 0 where the container has ended."""
        used = self.run("stats", "--no-stream", "--format", "{{.MemUsage}}", container, check=False).partition(" ")[0]
        number = re.match(r"([\d.]+)([kKMG]?i?B)", used)
        return float(number[1]) * UNITS[number[2]] / 1e6 if number else 0.0

    def inspect(self, reference: str) -> dict[str, Any]:
        return json.loads(self.run("inspect", reference))[0]


@pytest.fixture(scope="session")
def engine() -> Engine:
    docker = next((path for path in ("docker", "/usr/bin/docker") if _can_build(path)), None)
    if docker is None:
        pytest.skip("no Docker engine: start one, or say where it is with DOCKER_HOST")
    compose = _compose(docker)
    if compose is None:
        pytest.skip("no docker compose: install its plugin, or docker-compose")
    return Engine(docker, compose)


def _can_build(docker: str) -> bool:
    """Whether the engine answers and this client can use BuildKit: from version 23 on it needs buildx for that."""
    if shutil.which(docker) is None:
        return False
    server = _output(docker, "version", "--format", "{{.Client.Version}} {{.Server.Version}}")
    client = re.match(r"(\d+)\..* \d+", server)
    return client is not None and (int(client[1]) < 23 or bool(_output(docker, "buildx", "version")))


def _compose(docker: str) -> list[str] | None:
    built = cache_directory() / "bin" / "docker-compose"
    for command in ([docker, "compose"], ["docker-compose"], [str(built)]):
        if shutil.which(command[0]) and _output(*command, "version"):
            return command
    return None


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


@pytest.fixture(scope="session")
def images(engine: Engine) -> dict[str, str]:
    """Reference by name of all images of ours: built here, or those of VIGIE_TEST_IMAGES, a JSON object by name."""
    given = json.loads(os.environ.get("VIGIE_TEST_IMAGES") or "{}")
    certificates = os.environ.get("SSL_CERT_FILE")
    if certificates:
        engine.base = _trusting(engine, Path(certificates))
    return {
        file.parent.name: engine.take(file.parent.name, given[file.parent.name])
        if file.parent.name in given
        else engine.build(file.parent.name, file, REPOSITORY)
        for file in OURS
        if file.parent.name != FROM_GRAFANA  # its base is Grafana's own image
    }


def _trusting(engine: Engine, certificates: Path) -> str:
    """A base image that trusts what this machine trusts."""
    found = re.findall(r"-----BEGIN CERT.*?-----END CERT[^\n]*\n?", certificates.read_text(), flags=re.DOTALL)
    with tempfile.TemporaryDirectory(prefix="vigie-") as folder:
        (Path(folder) / "certificates").mkdir()
        for number, certificate in enumerate(found):
            (Path(folder) / "certificates" / f"of-this-machine-{number}.crt").write_text(certificate)
        return engine.build("base", HERE / "base" / "Dockerfile", Path(folder))


@pytest.fixture(scope="session")
def stand_ins(engine: Engine, images: dict[str, str]) -> set[str]:
    """Images in place of those that cannot be pulled; their names."""
    made = {"kafka", "postgres"}
    with _context("kafka") as folder:
        (folder / "jars").mkdir()
        for jar in [*jars_of(KAFKA_BROKER), scala_library()]:
            shutil.copy(jar, folder / "jars")
        engine.build("kafka", folder / "Dockerfile", folder)
    with _context("postgres") as folder:
        engine.build("postgres", folder / "Dockerfile", folder)
    influxd = shutil.which("influxd") or str(cache_directory() / "bin" / "influxd")
    if Path(influxd).exists():
        with _context("influxdb") as folder:
            shutil.copy(influxd, folder / "influxd")
            engine.build("influxdb", folder / "Dockerfile", folder)
        made.add("influxdb")
    return made


@contextmanager
def _context(name: str) -> Iterator[Path]:
    """A copy of a folder of this one, to which files can be added."""
    with tempfile.TemporaryDirectory(prefix="vigie-") as folder:
        shutil.copytree(HERE / name, folder, dirs_exist_ok=True)
        yield Path(folder)
