"""Which versions are to be watched now, by the registry's word, and their models."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from trainer.shadow.guard import Guard
from trainer.shadow.registry import ShadowRegistry
from trainer.shadow.watch import Watch
from vigie_registry import Champion, RegisteredVersion, UnusableVersionError
from vigie_runtime import get_logger

log = get_logger(__name__)


class UnusableChallengerError(UnusableVersionError):
    """The challenger cannot be loaded: it is rejected, and the champion stays."""


@dataclass(frozen=True)
class WatchedVersions:
    """What the registry says."""

    champion: Champion | None
    challenger: RegisteredVersion | None
    predecessor: int | None
    """The version that a new champion is guarded by; None once it is no longer new."""

    def is_watched_by(self, watch: Watch | None) -> bool:
        """Whether this is what the watch is for; None is for no challenger."""
        if self.champion is None or self.challenger is None:
            return watch is None
        return watch is not None and (watch.champion.version, watch.challenger.version, watch.since_ms) == (
            self.champion.version,
            self.challenger.version,
            self.challenger.challenged_ms,
        )

    def is_guarded_by(self, guard: Guard | None) -> bool:
        """Whether this is what the guard is for; None is for no new champion."""
        if self.champion is None or self.predecessor is None:
            return guard is None
        return guard is not None and (guard.champion_version, guard.predecessor.version) == (
            self.champion.version,
            self.predecessor,
        )


class WatchedModels:
    """Loads what is watched; raises what ShadowRegistry does."""

    def __init__(
        self, registry: ShadowRegistry, *, guard_seconds: float, clock: Callable[[], float] = time.time
    ) -> None:
        """`guard_seconds`: how long a champion that replaced another is new."""
        self._registry = registry
        self._guard_seconds = guard_seconds
        self._clock = clock
        self._unguarded: tuple[int, int] | None = None
        """Champion and predecessor, where the latter cannot be loaded."""

    def found(self) -> WatchedVersions:
        """What is to be watched now."""
        champion, challenger = self._registry.champion(), self._registry.challenger()
        if champion is not None and challenger is not None and challenger.version == champion.version:
            # promoted by a person meanwhile, or by this service just before it was stopped
            self._registry.end_challenge(challenger.version, "promoted")
            challenger = None
        return WatchedVersions(champion, challenger, None if champion is None else self._predecessor(champion))

    def watch(self, found: WatchedVersions) -> Watch | None:
        """The challenger beside the champion; raises UnusableChallengerError."""
        if found.champion is None or found.challenger is None:
            return None
        champion = self._registry.model(found.champion.version)
        try:
            challenger = self._registry.model(found.challenger.version)
        except UnusableVersionError as error:
            raise UnusableChallengerError(str(error)) from None
        return Watch(
            champion,
            challenger,
            asked_by=found.challenger.challenged_by,
            since_ms=found.challenger.challenged_ms,
        )

    def guard(self, found: WatchedVersions) -> Guard | None:
        """The new champion beside the one it replaced, which may be too old to be loaded."""
        if found.champion is None or found.predecessor is None:
            return None
        try:
            predecessor = self._registry.model(found.predecessor)
        except UnusableVersionError as error:
            log.warning("champion not guarded", version=found.champion.version, reason=str(error))
            self._unguarded = found.champion.version, found.predecessor
            return None
        return Guard(found.champion.version, predecessor, since_ms=found.champion.since_ms)

    def _predecessor(self, champion: Champion) -> int | None:
        if self._clock() - champion.since_ms / 1_000 > self._guard_seconds:
            return None
        return None if (champion.version, champion.replaced) == self._unguarded else champion.replaced
