"""What the registry says should serve: asked over its REST interface, for MLflow's own client takes seconds to load."""

import threading
from contextlib import closing
from typing import Final

import httpx
from pydantic import BaseModel, ValidationError

from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.live_page.hub import Hub
from alert_webhook.web.views import RegistryView
from vigie_runtime import get_logger
from vigie_schemas import CHAMPION_ALIAS, FIRST_THRESHOLD_VERSION, MODEL_NAME, THRESHOLD_VERSION_TAG

LOOK_SECONDS: Final = 10.0
TIMEOUT_SECONDS: Final = 5.0
PATH: Final = "/api/2.0/mlflow/registered-models/alias"
NO_SUCH_THING: Final = "RESOURCE_DOES_NOT_EXIST"
NO_SUCH_ALIAS: Final = "INVALID_PARAMETER_VALUE"

log = get_logger(__name__)


class _Tag(BaseModel):
    key: str
    value: str


class _ModelVersion(BaseModel):
    version: int  # MLflow writes it as text
    tags: list[_Tag] = []


class _Answer(BaseModel):
    model_version: _ModelVersion


class RegistryWatch:
    """Asks for the champion until asked to stop."""

    def __init__(self, settings: AlertWebhookSettings, tracking_uri: str, hub: Hub) -> None:
        self._hub = hub
        password = settings.mlflow_tracking_password
        name = settings.mlflow_tracking_username
        self._client = httpx.Client(
            base_url=tracking_uri.rstrip("/"),
            timeout=TIMEOUT_SECONDS,
            auth=(name, password.get_secret_value()) if name and password else None,
        )
        self._was_reachable = True

    def run(self, stop: threading.Event) -> None:
        """Ask again and again."""
        with closing(self):
            while not stop.is_set():
                self.look()
                stop.wait(LOOK_SECONDS)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def look(self) -> None:
        """Tell the hub what the registry says."""
        view = self._ask()
        self._hub.set_registry(view)
        if bool(view.reachable) != self._was_reachable:
            self._was_reachable = bool(view.reachable)
            log.info("the registry answers again" if view.reachable else "the registry does not answer the page")

    def _ask(self) -> RegistryView:
        try:
            answer = self._client.get(PATH, params={"name": MODEL_NAME, "alias": CHAMPION_ALIAS})
            if answer.is_success:
                return _view(_Answer.model_validate_json(answer.content).model_version)
            is_empty = answer.json().get("error_code") in (NO_SUCH_THING, NO_SUCH_ALIAS)
        except (httpx.HTTPError, ValidationError, ValueError, AttributeError):
            is_empty = False
        return RegistryView(reachable=is_empty)


def _view(named: _ModelVersion) -> RegistryView:
    tags = {tag.key: tag.value for tag in named.tags}
    return RegistryView(
        reachable=True,
        champion_version=named.version,
        threshold_version=int(tags.get(THRESHOLD_VERSION_TAG, FIRST_THRESHOLD_VERSION)),
    )
