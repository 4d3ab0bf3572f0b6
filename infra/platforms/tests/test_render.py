import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigie_platforms.errors import DeploymentFailedError, PlatformError
from vigie_platforms.render import Render
from vigie_platforms.roll_out import Patience, Release, roll_out

NAME = "ghcr.io/bank/vigie/alert-webhook"
OLD, NEW = (f"sha256:{letter * 64}" for letter in "ab")
DEPLOYMENT = Path(__file__).parents[3] / "docs" / "deployment.md"
Start = Callable[..., Any]
AT_ONCE = Patience(live_seconds=5, healthy_seconds=0.2, poll_seconds=0.01)


def test_deploys_by_digest(render_site: Start) -> None:
    site = render_site()

    outcome = roll_out(Render("key", address=site.address), "alert-webhook", f"{NAME}@{NEW}", AT_ONCE)

    assert outcome == "deployed"
    assert site.live["image"]["sha"] == NEW


def test_knows_what_runs(render_site: Start) -> None:
    render = Render("key", address=render_site().address)

    assert render.running("alert-webhook") == Release("dep-0", f"{NAME}@{OLD}")
    assert roll_out(render, "alert-webhook", f"{NAME}@{OLD}", AT_ONCE) == "unchanged"


@pytest.mark.parametrize("status", ["update_failed", "pre_deploy_failed", "canceled"])
def test_rolls_back_what_does_not_render_site(render_site: Start, status: str) -> None:
    site = render_site(ends_as={NEW: status})

    with pytest.raises(DeploymentFailedError, match="Rolled back"):
        roll_out(Render("key", address=site.address), "alert-webhook", f"{NAME}@{NEW}", AT_ONCE)

    assert site.rolled_back_to == ["dep-0"]
    assert site.live["image"]["sha"] == OLD


def test_rolls_back_what_is_live_but_ill(render_site: Start) -> None:
    site = render_site(ill=NEW)

    with pytest.raises(DeploymentFailedError, match="not healthy"):
        roll_out(Render("key", address=site.address), "alert-webhook", f"{NAME}@{NEW}", AT_ONCE)

    assert site.live["image"]["sha"] == OLD


def test_a_wrong_key_is_told(render_site: Start) -> None:
    with pytest.raises(PlatformError, match=r"401.*RENDER_API_KEY"):
        Render("stolen", address=render_site().address).running("alert-webhook")


def test_a_service_that_is_not_there_is_told(render_site: Start) -> None:
    with pytest.raises(PlatformError, match=r"0 services named kafka.*apply the Blueprint first"):
        Render("key", address=render_site().address).running("kafka")


@pytest.mark.integration
def test_the_way_back_by_hand_works_as_the_page_says(render_site: Start) -> None:
    site = render_site()
    (command,) = re.findall(r"^ {4}(RENDER_API_KEY=\.\.\. make deploy .*)$", DEPLOYMENT.read_text(), re.M)

    done = subprocess.run(
        ["bash", "-c", command.replace("KEY=...", "KEY=key").replace("sha256:...", NEW).replace("YOU", "bank")],
        cwd=DEPLOYMENT.parents[1],
        env=os.environ | {"RENDER_API_URL": site.address},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert "trainer: deployed" in done.stdout
    assert site.live["image"]["sha"] == NEW
