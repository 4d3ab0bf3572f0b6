"""Processor time and memory of each part of the system while it is loaded."""

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import psutil

from vigie_loadtests.background import Background
from vigie_local.process import ManagedProcess

INTERVAL_SECONDS: Final = 1.0
MIB: Final = 1 << 20


@dataclass(frozen=True)
class Usage:
    """Of one part, its child processes included."""

    cpu_seconds: float
    highest_mib: float
    """Most resident memory at any second."""


@dataclass(frozen=True)
class Sample:
    """One look at a part."""

    at_ms: int
    cpu_seconds: float
    """Since the watch began, those of processes that have ended included."""
    mib: float


class UsageWatch(Background):
    """A context: looks at every part once a second, from a thread of its own."""

    def __init__(self, processes: Mapping[str, ManagedProcess]) -> None:
        super().__init__("usage")
        self._processes = processes
        self._known: dict[str, dict[tuple[int, float], float]] = defaultdict(dict)
        self.samples: dict[str, list[Sample]] = defaultdict(list)

    def between(self, from_ms: int, until_ms: int) -> dict[str, Usage]:
        """What each part used between two moments."""
        found = {}
        for name, samples in self.samples.items():
            within = [sample for sample in samples if from_ms <= sample.at_ms <= until_ms]
            if within:
                seconds = within[-1].cpu_seconds - within[0].cpu_seconds
                found[name] = Usage(seconds, max(sample.mib for sample in within))
        return found

    def run(self) -> None:
        """Look at every part once a second."""
        while not self._stop.wait(INTERVAL_SECONDS):
            for name, process in list(self._processes.items()):
                if process.pid is not None:
                    self._look(name, process.pid)

    def _look(self, name: str, pid: int) -> None:
        memory = 0.0
        try:
            root = psutil.Process(pid)
            members = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            members = []
        for member in members:
            try:
                with member.oneshot():
                    times = member.cpu_times()
                    self._known[name][member.pid, member.create_time()] = times.user + times.system
                    memory += member.memory_info().rss / MIB
            except psutil.NoSuchProcess:
                continue
        self.samples[name].append(Sample(int(time.time() * 1000), sum(self._known[name].values()), memory))
