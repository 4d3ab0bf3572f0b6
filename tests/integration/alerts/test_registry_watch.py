"""What the page receives of a real registry."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from mlflow import MlflowClient

from alert_webhook.web.live_page.hub import Hub
from alert_webhook.web.live_page.registry_watch import RegistryWatch
from alert_webhook.web.views import RegistryView
from vigie_registry import RegistryReader
from vigie_schemas import CHAMPION_ALIAS, MODEL_NAME, THRESHOLD_VERSION_TAG

pytestmark = pytest.mark.integration


@pytest.fixture
def registry_said(tracking_uri: str) -> Iterator[Callable[[], RegistryView]]:
    """What the page receives when it asks now."""
    hub = Hub()

    def look() -> RegistryView:
        watch.look()
        subscription = hub.subscribe(1)
        assert subscription is not None
        with closing(subscription):
            return RegistryView(**json.loads(next(iter(subscription)).split("data: ")[1])["registry"])

    with RegistryReader(tracking_uri) as registry:
        watch = RegistryWatch(registry, hub)
        yield look


def test_gives_what_the_registry_names(tracking_uri: str, registry_said: Callable[[], RegistryView]) -> None:
    client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)

    assert registry_said() == RegistryView(reachable=True), "no such model yet"
    client.create_registered_model(MODEL_NAME)
    assert registry_said() == RegistryView(reachable=True), "no champion yet"
    for _ in range(2):
        run = client.create_run("0").info
        client.create_model_version(MODEL_NAME, source=f"{run.artifact_uri}/forest", run_id=run.run_id)
    client.set_registered_model_alias(MODEL_NAME, CHAMPION_ALIAS, "2")
    assert registry_said() == RegistryView(reachable=True, champion_version=2, threshold_version=1)
    client.set_model_version_tag(MODEL_NAME, "2", THRESHOLD_VERSION_TAG, "6")
    assert registry_said() == RegistryView(reachable=True, champion_version=2, threshold_version=6)
