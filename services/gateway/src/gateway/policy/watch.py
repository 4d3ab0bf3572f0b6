"""The policy in use, which follows its file without a restart."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from gateway.policy.file import DEFAULT_POLICY, PolicyReading, read_once, read_settled
from gateway.policy.policy import Policy
from gateway.policy.reading.folder import Signature, signature_of
from gateway.policy.topic_lists import TopicLists
from vigie_runtime import get_logger

MAX_LOGGED: Final = 20
"""Faults or warnings in one record."""

log = get_logger(__name__)


class PolicyFile:
    """A valid change of the file, or of a list file, replaces the policy; an invalid one is logged, no more."""

    def __init__(
        self, path: Path | None = None, clock: Callable[[], float] = time.time, topic_lists: TopicLists | None = None
    ) -> None:
        """Read the file, else the policy that ships; raises ConfigurationError with every fault. `clock` in seconds.

        A policy has the entries of `topic_lists` before it is in use.
        """
        self._path = path or DEFAULT_POLICY
        self._clock = clock
        self._topic_lists = topic_lists or TopicLists()
        reading = read_settled(self._path, clock)
        self.current: Policy = reading.required()
        self._topic_lists.use(self.current)
        self.problem: str | None = None
        """Why the file as it is now is not in use; None while it is."""
        self._seen: Mapping[Path, Signature | None] = reading.signatures
        self._refused: tuple[str, ...] = ()
        log.info("policy in use", policy=self.current.hash, file=self._path.name)
        self._log_warnings(self.current)

    def refresh(self) -> bool:
        """Whether there is a new policy; asks the file system only, unless a file has changed. Raises nothing."""
        if all(signature_of(path) == signature for path, signature in self._seen.items()):
            return False
        reading = read_once(self._path, self._clock)
        self._seen = reading.signatures
        if reading.policy is None:
            self._refuse(reading)
            return False
        return self._take(reading.policy)

    def _take(self, policy: Policy) -> bool:
        if self.problem is not None:
            log.info("policy file valid again", policy=policy.hash, file=self._path.name)
        self.problem, self._refused = None, ()
        if policy.hash == self.current.hash:
            return False
        log.info("policy changed", before=self.current.hash, after=policy.hash, file=self._path.name)
        self._log_warnings(policy)
        self._topic_lists.use(policy)
        self.current = policy
        return True

    def _refuse(self, reading: PolicyReading) -> None:
        if reading.is_torn:
            return  # the next refresh reads it again
        first, *others = reading.faults
        more = f" (and {len(others)} more)" if others else ""
        self.problem = f"{first}{more}; policy {self.current.hash} stays in use"
        if reading.faults != self._refused:
            self._refused = reading.faults
            log.error(
                "policy refused",
                kept=self.current.hash,
                faults=list(reading.faults[:MAX_LOGGED]),
                faults_total=len(reading.faults),
            )

    def _log_warnings(self, policy: Policy) -> None:
        if policy.warnings:
            log.warning(
                "policy with expired entries",
                policy=policy.hash,
                warnings=list(policy.warnings[:MAX_LOGGED]),
                warnings_total=len(policy.warnings),
            )
