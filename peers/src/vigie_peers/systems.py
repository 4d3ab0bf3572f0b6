"""The systems that are compared, as data: what is started, and what it is called in the table."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

import vigie_peers
import vigie_schemas
from vigie_peers.programs.real_time_workloads import WORKLOADS
from vigie_runtime import ConfigurationError

SOURCE: Final = Path(vigie_peers.__file__).parents[1]
SCHEMAS: Final = Path(vigie_schemas.__file__).parents[1]
PROGRAMS: Final = "vigie_peers.programs"
NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class System:
    """One program between the same two topics."""

    name: str
    title: str
    command: tuple[str, ...]
    scores: bool = True
    """Whether it keeps histories and scores; else its figures are those of the engine alone."""
    environment: Mapping[str, str] = field(default_factory=lambda: NO_VARIABLES)


def systems(uv: Path) -> list[System]:
    """All of them, the detector first; `uv` runs the one that has an environment of its own."""
    return [
        System("vigie", "Vigie's detector", (sys.executable, "-m", "spark_detector")),
        System("per-message", "confluent-kafka + scikit-learn, per message", _program("per_message")),
        System("per-poll", "the same, per poll", _program("per_poll")),
        System(
            "quix",
            "Quix Streams with its state",
            (str(uv), "run", "--quiet", "--locked", "--python", sys.executable, "--script", _script("quix")),
            environment={"PYTHONPATH": f"{SOURCE}:{SCHEMAS}", "UV_PYTHON_DOWNLOADS": "never"},
        ),
        System("micro-batch", "Spark micro-batch + pandas", _program("micro_batch")),
        *[
            System(
                f"real-time-{name}",
                f"Spark Real-time Mode, {name}, no model",
                (*_program("real_time_workloads"), name),
                scores=False,
            )
            for name in WORKLOADS
        ],
    ]


def chosen(found: list[System], names: list[str]) -> list[System]:
    """Those of these names, all where none is named; raise ConfigurationError for an unknown one."""
    known = {system.name: system for system in found}
    if unknown := [name for name in names if name not in known]:
        raise ConfigurationError(f"There is no peer {unknown[0]}; there are {', '.join(known)}.")
    return [known[name] for name in names] or found


def _program(name: str) -> tuple[str, ...]:
    return sys.executable, "-m", f"{PROGRAMS}.{name}"


def _script(name: str) -> str:
    return str(SOURCE / "vigie_peers" / "programs" / f"{name}.py")
