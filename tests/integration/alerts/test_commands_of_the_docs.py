"""The commands that docs/api.md shows, typed as they stand there against a running service."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from alert_webhook.core.outbox.alerts import find_alert
from alert_webhook.core.outbox.database import Database
from vigie_loadtests.delivery.service import AlertWebhookProcess

pytestmark = pytest.mark.integration

API = Path(__file__).parents[3] / "docs" / "api.md"
ServiceOf = Callable[..., AlertWebhookProcess]


def test_every_command_works(
    service_of: ServiceOf,
    raise_alerts: Callable[..., None],
    eventually: Callable[[Callable[[], bool]], None],
    outbox: Database,
) -> None:
    (commands,) = re.findall(r"```sh\n(.*?)```", API.read_text(), re.S)
    service = service_of()
    service.start()
    raise_alerts("t1")
    eventually(lambda: len(httpx2.get(f"{service.address}/api/alerts").json()["alerts"]) == 1)

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        env=os.environ | {"VIGIE": service.address},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    with outbox.reading() as connection:
        answered = find_alert(connection, "alert:t1")
    assert answered is not None
    assert (answered.is_fraud, answered.decided_by) == (False, "local")
