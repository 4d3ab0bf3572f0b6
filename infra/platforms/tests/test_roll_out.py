from dataclasses import dataclass, field

import pytest

from vigie_platforms.errors import DeploymentFailedError, PlatformError
from vigie_platforms.roll_out import Patience, Release, State, roll_out
from vigie_runtime import InputError

OLD = f"ghcr.io/bank/vigie/trainer@sha256:{'a' * 64}"
NEW = f"ghcr.io/bank/vigie/trainer@sha256:{'b' * 64}"


@dataclass
class Site:
    """A platform in memory: what each image comes to is given, what was asked of it is noted."""

    comes_to: dict[str, State] = field(default_factory=dict)
    healthy: dict[str, bool] = field(default_factory=dict)
    before: Release | None = field(default_factory=lambda: Release("first", OLD))
    serving: str = OLD
    deployments: dict[str, str] = field(default_factory=lambda: {"first": OLD})
    given_up: list[str] = field(default_factory=list)
    unreachable_from: int | None = None

    def running(self, service: str) -> Release | None:
        return self.before

    def deploy(self, service: str, image: str) -> str:
        deployment = f"deployment-{len(self.deployments)}"
        self.deployments[deployment] = image
        return deployment

    def state(self, service: str, deployment: str) -> State:
        if self.unreachable_from is not None and len(self.deployments) >= self.unreachable_from:
            raise PlatformError("the API is away")
        image = self.deployments[deployment]
        state = self.comes_to.get(image, "live")
        if state == "live":
            self.serving = image
        return state

    def is_healthy(self, service: str) -> bool:
        return self.healthy.get(self.serving, True)

    def give_up(self, service: str, deployment: str) -> None:
        self.given_up.append(deployment)

    def restore(self, service: str, release: Release) -> str:
        return self.deploy(service, release.image or "")


@pytest.fixture
def patience() -> Patience:
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds

    return Patience(clock=lambda: passed[0], sleep=sleep)


def test_a_healthy_image_stays(patience: Patience) -> None:
    site = Site()

    assert roll_out(site, "trainer", NEW, patience) == "deployed"

    assert site.serving == NEW


def test_what_runs_already_is_left_alone(patience: Patience) -> None:
    site = Site()

    assert roll_out(site, "trainer", OLD, patience) == "unchanged"

    assert list(site.deployments) == ["first"]


def test_an_image_that_does_not_start_is_taken_back(patience: Patience) -> None:
    site = Site(comes_to={NEW: "failed"})

    with pytest.raises(DeploymentFailedError, match=f"did not start.*Rolled back: {OLD} serves again"):
        roll_out(site, "trainer", NEW, patience)

    assert site.serving == OLD
    assert list(site.deployments.values()) == [OLD, NEW, OLD]


def test_an_image_that_hangs_is_given_up_and_taken_back(patience: Patience) -> None:
    site = Site(comes_to={NEW: "pending"})

    with pytest.raises(DeploymentFailedError, match=r"not live after 900 s.*Rolled back"):
        roll_out(site, "trainer", NEW, patience)

    assert site.given_up == ["deployment-1"]


def test_an_image_that_is_live_but_ill_is_taken_back(patience: Patience) -> None:
    site = Site(healthy={NEW: False})

    with pytest.raises(DeploymentFailedError, match=r"not healthy within 180 s.*Rolled back"):
        roll_out(site, "trainer", NEW, patience)

    assert site.serving == OLD


def test_a_first_deployment_has_nothing_to_return_to(patience: Patience) -> None:
    site = Site(before=None, comes_to={NEW: "failed"})

    with pytest.raises(DeploymentFailedError, match="nothing to return to"):
        roll_out(site, "trainer", NEW, patience)


def test_a_failed_way_back_asks_for_a_person(patience: Patience) -> None:
    site = Site(comes_to={NEW: "failed", OLD: "failed"})

    with pytest.raises(DeploymentFailedError, match="act by hand now"):
        roll_out(site, "trainer", NEW, patience)


def test_a_platform_that_goes_away_asks_for_a_person(patience: Patience) -> None:
    site = Site(unreachable_from=2)

    with pytest.raises(DeploymentFailedError, match=r"could not be watched.*act by hand now"):
        roll_out(site, "trainer", NEW, patience)


@pytest.mark.parametrize("image", ["ghcr.io/bank/vigie/trainer:main", "trainer", f"trainer@sha256:{'b' * 63}"])
def test_a_tag_is_refused(patience: Patience, image: str) -> None:
    with pytest.raises(InputError, match="by digest"):
        roll_out(Site(), "trainer", image, patience)
