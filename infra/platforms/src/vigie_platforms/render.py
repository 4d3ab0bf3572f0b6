"""Render's REST API, as far as a roll-out needs it."""

from collections.abc import Mapping
from typing import Any

import httpx2

from vigie_platforms.errors import PlatformError
from vigie_platforms.roll_out import Release, State

ADDRESS = "https://api.render.com/v1"
LIVE = "live"
FAILED = {"build_failed", "update_failed", "pre_deploy_failed", "canceled", "deactivated"}
SITE_SECONDS = 10


class Render:
    """Services of one workspace, found by their names in render.yaml."""

    def __init__(self, api_key: str, *, address: str = ADDRESS) -> None:
        self._client = httpx2.Client(base_url=address, headers={"Authorization": f"Bearer {api_key}"}, timeout=30)
        self._services: dict[str, Mapping[str, Any]] = {}

    def running(self, service: str) -> Release | None:
        """The deployment that serves now."""
        listed = self._ask("GET", f"/services/{self._id(service)}/deploys", params={"status": LIVE, "limit": 1})
        if not listed:
            return None
        deploy = listed[0]["deploy"]
        image = deploy.get("image") or {}
        return Release(deploy["id"], _by_digest(image.get("ref"), image.get("sha")))

    def deploy(self, service: str, image: str) -> str:
        """Deploy an image; the service must be image-backed (docs/deployment.md)."""
        answer = self._ask("POST", f"/services/{self._id(service)}/deploys", json={"imageUrl": image})
        return str(answer["id"])

    def state(self, service: str, deployment: str) -> State:
        """How far the deployment is."""
        status = self._ask("GET", f"/services/{self._id(service)}/deploys/{deployment}")["status"]
        return "live" if status == LIVE else "failed" if status in FAILED else "pending"

    def is_healthy(self, service: str) -> bool:
        """Whether a web service answers 200 at its health path from outside."""
        details = self._find(service).get("serviceDetails") or {}
        url, path = details.get("url"), details.get("healthCheckPath")
        if not url or not path:
            return True  # private services and workers: Render's own `live` is all there is
        try:
            return httpx2.get(f"{url.rstrip('/')}{path}", timeout=SITE_SECONDS).status_code == httpx2.codes.OK
        except httpx2.HTTPError:
            return False

    def give_up(self, service: str, deployment: str) -> None:
        """Cancel a deployment."""
        self._ask("POST", f"/services/{self._id(service)}/deploys/{deployment}/cancel")

    def restore(self, service: str, release: Release) -> str:
        """Roll back to an earlier deployment."""
        answer = self._ask("POST", f"/services/{self._id(service)}/rollback", json={"deployId": release.deployment})
        return str(answer["id"])

    def _id(self, service: str) -> str:
        return str(self._find(service)["id"])

    def _find(self, service: str) -> Mapping[str, Any]:
        if service not in self._services:
            found = [entry["service"] for entry in self._ask("GET", "/services", params={"name": service, "limit": 20})]
            exact = [entry for entry in found if entry["name"] == service]
            if len(exact) != 1:
                raise PlatformError(
                    f"Render knows {len(exact)} services named {service}, not one: apply the Blueprint first, "
                    "and use an API key of a workspace that has Vigie once."
                )
            self._services[service] = exact[0]
        return self._services[service]

    def _ask(self, method: str, path: str, **content: Any) -> Any:
        try:
            answer = self._client.request(method, path, **content)
        except httpx2.HTTPError as error:
            raise PlatformError(f"Render's API does not answer ({error}). Look at its status page.") from None
        if answer.is_error:
            raise PlatformError(
                f"Render's API answered {answer.status_code} to {method} {path}: {answer.text[:200]}. "
                "Check RENDER_API_KEY and the service's name."
            )
        return answer.json() if answer.content else {}


def _by_digest(reference: str | None, digest: str | None) -> str | None:
    """Render tells the name as it was asked for and the digest it found."""
    if not reference or not digest:
        return None
    name = reference.partition("@")[0]
    stem, colon, tag = name.rpartition(":")
    return f"{stem if colon and '/' not in tag else name}@{digest}"  # a colon before a slash is a port
