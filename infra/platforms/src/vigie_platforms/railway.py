"""Railway's GraphQL API, as far as a roll-out needs it."""

from typing import Any

import httpx2

from vigie_platforms.errors import PlatformError
from vigie_platforms.roll_out import Release, State

ADDRESS = "https://backboard.railway.com/graphql/v2"
LIVE = "SUCCESS"
FAILED = {"FAILED", "CRASHED", "REMOVED", "REMOVING", "SKIPPED"}

SERVICES = "query services($id: String!) { project(id: $id) { services { edges { node { id name } } } } }"
DEPLOYMENTS = """query deployments($input: DeploymentListInput!, $first: Int) {
  deployments(input: $input, first: $first) { edges { node { id status meta } } } }"""
DEPLOYMENT = "query deployment($id: String!) { deployment(id: $id) { id status } }"
UPDATE = """mutation update($serviceId: String!, $environmentId: String, $input: ServiceInstanceUpdateInput!) {
  serviceInstanceUpdate(serviceId: $serviceId, environmentId: $environmentId, input: $input) }"""
DEPLOY = """mutation deploy($serviceId: String!, $environmentId: String!) {
  serviceInstanceDeployV2(serviceId: $serviceId, environmentId: $environmentId) }"""
REMOVE = "mutation remove($id: String!) { deploymentRemove(id: $id) }"
REDEPLOY = "mutation redeploy($id: String!) { deploymentRedeploy(id: $id) { id } }"
MAX_DEPLOYMENTS = 10
"""Deployments among which the one that serves is looked for."""


class Railway:
    """Services of one project and environment, found by their names in .railway/railway.py."""

    def __init__(self, token: str, project: str, environment: str, *, address: str = ADDRESS) -> None:
        self._client = httpx2.Client(headers={"Authorization": f"Bearer {token}"}, timeout=30)
        self._address = address
        self._project = project
        self._environment = environment
        self._services: dict[str, str] = {}

    def running(self, service: str) -> Release | None:
        """The newest deployment that works."""
        where = {"projectId": self._project, "environmentId": self._environment, "serviceId": self._id(service)}
        answer = self._ask(DEPLOYMENTS, input=where, first=MAX_DEPLOYMENTS)
        for edge in answer["deployments"]["edges"]:
            node = edge["node"]
            if node["status"] == LIVE:
                return Release(node["id"], (node.get("meta") or {}).get("image"))
        return None

    def deploy(self, service: str, image: str) -> str:
        """Make the image the service's source and deploy it."""
        where = {"serviceId": self._id(service), "environmentId": self._environment}
        self._ask(UPDATE, **where, input={"source": {"image": image}})
        return str(self._ask(DEPLOY, **where)["serviceInstanceDeployV2"])

    def state(self, service: str, deployment: str) -> State:
        """How far the deployment is; Railway says SUCCESS once the health check has passed."""
        status = self._ask(DEPLOYMENT, id=deployment)["deployment"]["status"]
        return "live" if status == LIVE else "failed" if status in FAILED else "pending"

    def is_healthy(self, service: str) -> bool:
        """Railway has looked at the health path itself before it says SUCCESS."""
        return True

    def give_up(self, service: str, deployment: str) -> None:
        """Remove a deployment that does not come up."""
        self._ask(REMOVE, id=deployment)

    def restore(self, service: str, release: Release) -> str:
        """Deploy the earlier image again, so that the service's source says what runs; else redeploy what was built."""
        if release.image:
            return self.deploy(service, release.image)
        return str(self._ask(REDEPLOY, id=release.deployment)["deploymentRedeploy"]["id"])

    def _id(self, service: str) -> str:
        if not self._services:
            edges = self._ask(SERVICES, id=self._project)["project"]["services"]["edges"]
            self._services = {edge["node"]["name"]: edge["node"]["id"] for edge in edges}
        if service not in self._services:
            raise PlatformError(f"Railway's project has no service named {service}: apply .railway/railway.py first.")
        return self._services[service]

    def _ask(self, document: str, **variables: Any) -> Any:
        try:
            answer = self._client.post(self._address, json={"query": document, "variables": variables})
            body = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise PlatformError(f"Railway's API does not answer ({error}). Look at its status page.") from None
        if answer.is_error or body.get("errors"):
            wrong = body.get("errors") or [{"message": answer.status_code}]
            raise PlatformError(
                f"Railway's API refused: {wrong[0].get('message')}. "
                "Check RAILWAY_API_TOKEN, RAILWAY_PROJECT_ID and RAILWAY_ENVIRONMENT_ID."
            )
        return body["data"]
