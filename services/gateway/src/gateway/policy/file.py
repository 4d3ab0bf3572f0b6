"""The policy's file and its list files as a policy, checked as a whole."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.policy.policy import Policy
from gateway.policy.reading.contents import policy_of
from gateway.policy.reading.folder import PolicyFolder, Signature
from gateway.policy.reading.problems import PolicyProblems
from vigie_runtime import ConfigurationError, InputError

DEFAULT_POLICY: Final = Path(__file__).with_name("default.toml")
"""The policy that ships with the gateway."""
READINGS: Final = 3
"""A file that is written each time it is read is not one to start with."""


@dataclass(frozen=True, slots=True)
class PolicyReading:
    """What came of reading a policy once: the policy, or what is wrong."""

    policy: Policy | None
    faults: tuple[str, ...]
    signatures: Mapping[Path, Signature | None]
    """The files it depends on, as they were when they were read."""
    is_torn: bool
    """Somebody wrote one of them meanwhile: what was read may be half of it."""

    def required(self) -> Policy:
        """The policy; raises ConfigurationError where something is wrong with it."""
        if self.policy is None:
            raise ConfigurationError("\n".join(self.faults))
        return self.policy


def read_policy(path: Path, clock: Callable[[], float] = time.time) -> Policy:
    """The policy of a file; raises ConfigurationError with every fault on a line of its own, as `policy.toml:12: …`."""
    return read_settled(path, clock).required()


def read_settled(path: Path, clock: Callable[[], float] = time.time) -> PolicyReading:
    """As `read_once`, and once more where a file was written meanwhile."""
    reading = read_once(path, clock)
    for _ in range(READINGS - 1):
        if not reading.is_torn:
            break
        reading = read_once(path, clock)
    return reading


def read_once(path: Path, clock: Callable[[], float] = time.time) -> PolicyReading:
    """Read a policy as it lies there now; `clock` tells what has expired, in seconds since 1970."""
    folder, problems = PolicyFolder(path), PolicyProblems(path.name)
    policy = None
    try:
        policy = policy_of(folder, problems, int(clock() * 1000))
    except InputError as error:
        problems.add_line(0, str(error))
    if folder.has_changed:
        torn = f"{path.name}: is being written, or a file of its lists is: write it beside and move it there in one go"
        return PolicyReading(None, (torn,), folder.signatures, is_torn=True)
    if policy is None:
        return PolicyReading(None, problems.faults, folder.signatures, is_torn=False)
    return PolicyReading(policy, (), folder.signatures, is_torn=False)
