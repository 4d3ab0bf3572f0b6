from collections.abc import Callable
from typing import Any

import pytest

from vigie_platforms.errors import DeploymentFailedError, PlatformError
from vigie_platforms.render import Render
from vigie_platforms.roll_out import Patience, Release, roll_out

NAME = "ghcr.io/bank/vigie/alert-webhook"
OLD, NEW = (f"sha256:{letter * 64}" for letter in "ab")
AT_ONCE = Patience(live_seconds=5, healthy_seconds=0.2, poll_seconds=0.01)


class RenderSite:
    """Render's API as its reference describes it, for one web service, and the service's own page."""

    def __init__(self, answer: Any, *, ends_as: dict[str, str] | None = None, ill: str | None = None) -> None:
        self._answer = answer
        self._ends_as = ends_as or {}
        self._ill = ill
        self.deploys = [self._deploy("dep-0", OLD, "live")]
        self.rolled_back_to: list[str] = []
        self.address = ""

    def _deploy(self, identity: str, digest: str, status: str) -> dict[str, Any]:
        return {"id": identity, "status": status, "image": {"ref": f"{NAME}:main", "sha": digest}}

    def _start(self, digest: str) -> dict[str, Any]:
        deploy = self._deploy(f"dep-{len(self.deploys)}", digest, "created")
        self.deploys.append(deploy)
        return deploy

    @property
    def live(self) -> dict[str, Any]:
        return [deploy for deploy in self.deploys if deploy["status"] == "live"][-1]

    def __call__(self, asked: Any) -> Any:
        if asked.path == "/healthz":
            return self._answer(503 if self.live["image"]["sha"] == self._ill else 200)
        if asked.headers.get("authorization") != "Bearer key":
            return self._answer(401, {"message": "unauthorized"})
        path, _, query = asked.path.partition("?")
        match asked.method, path.split("/")[1:]:
            case "GET", ["services"]:
                details = {"url": self.address, "healthCheckPath": "/healthz"}
                service = {"id": "srv-1", "name": "alert-webhook", "serviceDetails": details}
                other = {"id": "srv-2", "name": "alert-webhook-old", "serviceDetails": {}}
                return self._answer(body=[{"service": other}, {"service": service}])
            case "GET", ["services", "srv-1", "deploys"]:
                assert query == "status=live&limit=1"
                return self._answer(body=[{"deploy": self.live, "cursor": "c"}])
            case "POST", ["services", "srv-1", "deploys"]:
                return self._answer(201, self._start(asked.body["imageUrl"].partition("@")[2]))
            case "GET", ["services", "srv-1", "deploys", identity]:
                return self._answer(body=self._moved_on(identity))
            case "POST", ["services", "srv-1", "rollback"]:
                self.rolled_back_to.append(asked.body["deployId"])
                return self._answer(201, self._start(OLD))
        return self._answer(404, {"message": f"no {asked.method} {asked.path}"})

    def _moved_on(self, identity: str) -> dict[str, Any]:
        deploy = next(deploy for deploy in self.deploys if deploy["id"] == identity)
        later = {"created": "update_in_progress", "update_in_progress": "live"}
        end = self._ends_as.get(deploy["image"]["sha"], "live")
        status = later.get(deploy["status"], deploy["status"])
        deploy["status"] = end if status == "live" else status
        return deploy


@pytest.fixture
def start(serve: Callable[..., str], answer: type) -> Callable[..., RenderSite]:
    def build(**behaviour: Any) -> RenderSite:
        site = RenderSite(answer, **behaviour)
        site.address = serve(site)
        return site

    return build


def test_deploys_by_digest(start: Callable[..., RenderSite]) -> None:
    site = start()

    outcome = roll_out(Render("key", address=site.address), "alert-webhook", f"{NAME}@{NEW}", AT_ONCE)

    assert outcome == "deployed"
    assert site.live["image"]["sha"] == NEW


def test_knows_what_runs(start: Callable[..., RenderSite]) -> None:
    render = Render("key", address=start().address)

    assert render.running("alert-webhook") == Release("dep-0", f"{NAME}@{OLD}")
    assert roll_out(render, "alert-webhook", f"{NAME}@{OLD}", AT_ONCE) == "unchanged"


@pytest.mark.parametrize("status", ["update_failed", "pre_deploy_failed", "canceled"])
def test_rolls_back_what_does_not_start(start: Callable[..., RenderSite], status: str) -> None:
    site = start(ends_as={NEW: status})

    with pytest.raises(DeploymentFailedError, match="Rolled back"):
        roll_out(Render("key", address=site.address), "alert-webhook", f"{NAME}@{NEW}", AT_ONCE)

    assert site.rolled_back_to == ["dep-0"]
    assert site.live["image"]["sha"] == OLD


def test_rolls_back_what_is_live_but_ill(start: Callable[..., RenderSite]) -> None:
    site = start(ill=NEW)

    with pytest.raises(DeploymentFailedError, match="not healthy"):
        roll_out(Render("key", address=site.address), "alert-webhook", f"{NAME}@{NEW}", AT_ONCE)

    assert site.live["image"]["sha"] == OLD


def test_a_wrong_key_is_told(start: Callable[..., RenderSite]) -> None:
    with pytest.raises(PlatformError, match=r"401.*RENDER_API_KEY"):
        Render("stolen", address=start().address).running("alert-webhook")


def test_a_service_that_is_not_there_is_told(start: Callable[..., RenderSite]) -> None:
    with pytest.raises(PlatformError, match=r"0 services named trainer.*apply the Blueprint first"):
        Render("key", address=start().address).running("trainer")
