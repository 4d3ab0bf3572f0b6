"""Put an image to work on a platform and wait until it is healthy, or put back what ran before."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from vigie_platforms.errors import DeploymentFailedError, PlatformError
from vigie_platforms.images import is_pinned
from vigie_runtime import InputError, get_logger

log = get_logger(__name__)

State = Literal["pending", "live", "failed"]
Outcome = Literal["unchanged", "deployed"]


@dataclass(frozen=True)
class Release:
    """A deployment that works, to which one can return."""

    deployment: str
    image: str | None
    """By digest; None where the platform built it itself."""


class Platform(Protocol):
    """What a roll-out needs of a platform."""

    def running(self, service: str) -> Release | None:
        """What serves now; None: nothing yet."""
        ...

    def deploy(self, service: str, image: str) -> str:
        """Start a deployment and return its id."""
        ...

    def state(self, service: str, deployment: str) -> State:
        """How far a deployment is; `live` only once the platform's own health check has passed."""
        ...

    def is_healthy(self, service: str) -> bool:
        """Whether the service answers at its public address; True where it has none."""
        ...

    def give_up(self, service: str, deployment: str) -> None:
        """Stop a deployment that takes too long."""
        ...

    def restore(self, service: str, release: Release) -> str:
        """Start to bring back an earlier release and return that deployment's id."""
        ...


@dataclass(frozen=True)
class Patience:
    """How long to wait, by which clock."""

    live_seconds: float = 900
    """Image pulls, database migrations and the detector's warm-up lie within."""
    healthy_seconds: float = 180
    poll_seconds: float = 5
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def roll_out(platform: Platform, service: str, image: str, patience: Patience) -> Outcome:
    """Deploy unless it runs already; raise DeploymentFailedError after having put back what ran before."""
    if not is_pinned(image):
        raise InputError(f"{image} does not say which image is meant: give it by digest, name@sha256:...")
    before = platform.running(service)
    if before is not None and before.image == image:
        log.info("runs already", service=service, image=image)
        return "unchanged"
    deployment = platform.deploy(service, image)
    log.info("deployment started", service=service, deployment=deployment, image=image)
    problem = _problem(platform, service, deployment, patience)
    if problem is None:
        log.info("deployed", service=service, image=image)
        return "deployed"
    raise DeploymentFailedError(f"{service} {problem}. {_put_back(platform, service, before, patience)}")


def _problem(platform: Platform, service: str, deployment: str, patience: Patience) -> str | None:
    """Why the deployment is not to be kept; None: it is healthy."""
    try:
        state = _settled(platform, service, deployment, patience)
        if state == "pending":
            platform.give_up(service, deployment)
            return f"was not live after {patience.live_seconds:g} s"
        if state == "failed":
            return "did not start: look at the deployment's log on the platform"
        if not _came_up(platform, service, patience):
            return f"was live, but not healthy within {patience.healthy_seconds:g} s"
    except PlatformError as error:
        return f"could not be watched ({error})"
    return None


def _settled(platform: Platform, service: str, deployment: str, patience: Patience) -> State:
    deadline = patience.clock() + patience.live_seconds
    while (state := platform.state(service, deployment)) == "pending" and patience.clock() < deadline:
        patience.sleep(patience.poll_seconds)
    return state


def _came_up(platform: Platform, service: str, patience: Patience) -> bool:
    deadline = patience.clock() + patience.healthy_seconds
    while not platform.is_healthy(service):
        if patience.clock() >= deadline:
            return False
        patience.sleep(patience.poll_seconds)
    return True


def _put_back(platform: Platform, service: str, before: Release | None, patience: Patience) -> str:
    """Return to what ran before and say how that went."""
    if before is None:
        return "Nothing ran before it, so there is nothing to return to."
    try:
        deployment = platform.restore(service, before)
        if _settled(platform, service, deployment, patience) == "live" and _came_up(platform, service, patience):
            return f"Rolled back: {before.image or before.deployment} serves again."
        return f"The way back to {before.image or before.deployment} failed as well: act by hand now."
    except PlatformError as error:
        return f"The way back to {before.image or before.deployment} failed as well ({error}): act by hand now."
