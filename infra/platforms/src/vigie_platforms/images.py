"""Images in a registry: named by service, tagged by what is in them, deployed by digest."""

import re
from dataclasses import dataclass

import httpx2

from vigie_platforms.errors import PlatformError

MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
IMAGE = re.compile(r"[a-z0-9.:-]+/[a-z0-9._/-]+@sha256:[0-9a-f]{64}")
"""By digest, because a tag can be another image tomorrow than the one that was tested."""


def is_pinned(image: str) -> bool:
    """Whether the name says by digest which image is meant."""
    return IMAGE.fullmatch(image) is not None


def image_tag(fingerprint: str) -> str:
    """Tag of the image made from these inputs."""
    return f"inputs-{fingerprint}"


@dataclass(frozen=True)
class ImageRegistry:
    """A registry that speaks the OCI distribution protocol, like ghcr.io."""

    prefix: str
    """Before the service's name: ghcr.io/owner/repository."""
    username: str = ""
    password: str = ""
    scheme: str = "https"

    @property
    def host(self) -> str:
        """The registry's own name."""
        return self.prefix.partition("/")[0]

    def repository(self, service: str) -> str:
        """Path of a service's images on the registry; these are lower case whatever the owner's name is."""
        return f"{self.prefix.partition('/')[2]}/{service}".lower()

    def pinned(self, service: str, tag: str) -> str | None:
        """Name by digest of a tagged image; None where there is none; raise PlatformError for other answers."""
        url = f"{self.scheme}://{self.host}/v2/{self.repository(service)}/manifests/{tag}"
        headers = {"Accept": ", ".join(MANIFESTS)}
        try:
            with httpx2.Client(timeout=30, follow_redirects=True) as client:
                answer = client.head(url, headers=headers)
                if answer.status_code == httpx2.codes.UNAUTHORIZED:
                    challenge = answer.headers.get("WWW-Authenticate", "")
                    answer = client.head(url, headers=headers | self._authorization(client, challenge))
        except httpx2.HTTPError as error:
            raise PlatformError(f"The registry {self.host} does not answer ({error}). Try again.") from None
        if answer.status_code == httpx2.codes.NOT_FOUND:
            return None
        digest = answer.headers.get("Docker-Content-Digest", "")
        image = f"{self.host}/{self.repository(service)}@{digest}"
        if answer.status_code != httpx2.codes.OK or not is_pinned(image):
            raise PlatformError(
                f"The registry {self.host} answered {answer.status_code} for {service}:{tag}. "
                "Check that REGISTRY_USERNAME and REGISTRY_PASSWORD may read there."
            )
        return image

    def _authorization(self, client: httpx2.Client, challenge: str) -> dict[str, str]:
        """A token as the challenge asks for (RFC 6750 with the distribution protocol's parameters)."""
        asked = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        if "realm" not in asked:
            return {}
        login = (self.username, self.password) if self.password else None
        wanted = {name: asked[name] for name in ("service", "scope") if name in asked}
        answer = client.get(asked["realm"], params=wanted, auth=login)
        if answer.status_code != httpx2.codes.OK:
            return {}
        body = answer.json()
        return {"Authorization": f"Bearer {body.get('token') or body.get('access_token')}"}
