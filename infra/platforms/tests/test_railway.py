from collections.abc import Callable
from typing import Any

import pytest

from vigie_platforms.errors import DeploymentFailedError, PlatformError
from vigie_platforms.railway import Railway
from vigie_platforms.roll_out import Patience, Release, roll_out

OLD, NEW = (f"ghcr.io/bank/vigie/trainer@sha256:{letter * 64}" for letter in "ab")
AT_ONCE = Patience(live_seconds=5, healthy_seconds=0.2, poll_seconds=0.01)


class RailwaySite:
    """Railway's API as its documentation describes it, for a project with one service."""

    def __init__(self, answer: Any, *, ends_as: dict[str, str] | None = None, built: bool = False) -> None:
        self._answer = answer
        self._ends_as = ends_as or {}
        self.source: dict[str, str] = {}
        meta = {} if built else {"image": OLD}
        self.deployments = [{"id": "first", "status": "SUCCESS", "meta": meta}]
        self.redeployed: list[str] = []

    def __call__(self, asked: Any) -> Any:
        if asked.headers.get("authorization") != "Bearer token":
            return self._answer(body={"errors": [{"message": "Not Authorized"}]})
        document, variables = asked.body["query"], asked.body["variables"]
        answers = {
            "serviceInstanceUpdate": self._update,
            "serviceInstanceDeployV2": self._deploy,
            "deploymentRedeploy": self._redeploy,
            "deployments": self._list_deployments,
            "project": self._list_services,
        }
        for name, respond in answers.items():
            if f"{name}(" in document:
                return self._answer(body={"data": {name: respond(variables)}})
        return self._answer(body={"data": {"deployment": self._moved_on(variables["id"])}})

    def _list_services(self, variables: dict[str, Any]) -> dict[str, Any]:
        assert variables == {"id": "project"}
        return {"services": {"edges": [{"node": {"id": "s-1", "name": "trainer"}}]}}

    def _list_deployments(self, variables: dict[str, Any]) -> dict[str, Any]:
        assert variables["input"] == {"projectId": "project", "environmentId": "production", "serviceId": "s-1"}
        return {"edges": [{"node": deployment} for deployment in reversed(self.deployments)]}

    def _update(self, variables: dict[str, Any]) -> bool:
        self.source = variables["input"]["source"]
        return True

    def _deploy(self, variables: dict[str, Any]) -> str:
        assert variables == {"serviceId": "s-1", "environmentId": "production"}
        return self._start(dict(self.source))

    def _redeploy(self, variables: dict[str, Any]) -> dict[str, str]:
        self.redeployed.append(variables["id"])
        return {"id": self._start({})}

    def _start(self, meta: dict[str, str]) -> str:
        identity = f"deployment-{len(self.deployments)}"
        self.deployments.append({"id": identity, "status": "INITIALIZING", "meta": meta})
        return identity

    def _moved_on(self, identity: str) -> dict[str, Any]:
        deployment = next(one for one in self.deployments if one["id"] == identity)
        if deployment["status"] == "INITIALIZING":
            deployment["status"] = "DEPLOYING"
        elif deployment["status"] == "DEPLOYING":
            deployment["status"] = self._ends_as.get(deployment["meta"].get("image", ""), "SUCCESS")
        return {"id": identity, "status": deployment["status"]}


@pytest.fixture
def start(serve: Callable[..., str], answer: type) -> Callable[..., tuple[RailwaySite, Railway]]:
    def build(**behaviour: Any) -> tuple[RailwaySite, Railway]:
        site = RailwaySite(answer, **behaviour)
        return site, Railway("token", "project", "production", address=serve(site))

    return build


Start = Callable[..., tuple[RailwaySite, Railway]]


def test_deploys_by_digest(start: Start) -> None:
    site, railway = start()

    assert roll_out(railway, "trainer", NEW, AT_ONCE) == "deployed"

    assert site.source == {"image": NEW}
    assert railway.running("trainer") == Release("deployment-1", NEW)


def test_knows_what_runs(start: Start) -> None:
    _, railway = start()

    assert roll_out(railway, "trainer", OLD, AT_ONCE) == "unchanged"


@pytest.mark.parametrize("status", ["FAILED", "CRASHED"])
def test_rolls_back_what_does_not_come_up(start: Start, status: str) -> None:
    site, railway = start(ends_as={NEW: status})

    with pytest.raises(DeploymentFailedError, match="Rolled back"):
        roll_out(railway, "trainer", NEW, AT_ONCE)

    assert site.source == {"image": OLD}
    assert railway.running("trainer") == Release("deployment-2", OLD)


def test_rolls_back_to_what_railway_built_itself(start: Start) -> None:
    site, railway = start(ends_as={NEW: "FAILED"}, built=True)

    with pytest.raises(DeploymentFailedError, match="Rolled back: first serves again"):
        roll_out(railway, "trainer", NEW, AT_ONCE)

    assert site.redeployed == ["first"]


def test_a_wrong_token_is_told(serve: Callable[..., str], answer: type) -> None:
    railway = Railway("stolen", "project", "production", address=serve(RailwaySite(answer)))

    with pytest.raises(PlatformError, match=r"Not Authorized.*RAILWAY_API_TOKEN"):
        railway.running("trainer")


def test_a_service_that_is_not_there_is_told(start: Start) -> None:
    _, railway = start()

    with pytest.raises(PlatformError, match=r"no service named detector: apply \.railway/railway\.py first"):
        railway.running("detector")
