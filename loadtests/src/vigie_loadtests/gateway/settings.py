"""What a load of the gateway does; set by the command line, read by the Locust process from its environment."""

import math
import sys
from pathlib import Path
from typing import Final

from pydantic import Field

from vigie_loadtests.latency.settings import LoadSettings

TOPIC_SENDERS: Final = 5
"""Users that share the topic's part of the load; each waits for nothing but its moment."""
CALLER_SECONDS: Final = 0.6
"""So long may all answers be missing before a call waits for a caller instead of for its moment: four deadlines."""
MIN_CALLERS: Final = 20
MAX_CALLERS: Final = 900
"""geventhttpclient looks at a connection by select(2), which takes no file descriptor above 1023."""


class GatewayLoadSettings(LoadSettings):
    """Calls to the gateway; the settings of LoadSettings are those of the topic's part beside them."""

    load_url: str = Field(default="http://127.0.0.1:8001", description="The gateway.")
    load_call_rate: int = Field(default=1000, ge=1, le=20_000, description="Calls a second.")
    load_seconds: int = Field(default=60, ge=1, description="How long it lasts, warm-up included.")
    load_answers: Path = Field(default=Path("build/load-gateway/answers.npz"), description="What was answered.")


def callers_for(rate: int) -> int:
    """How many calls can be under way at once: enough that a call is made at its moment whatever the others do."""
    return min(MAX_CALLERS, max(MIN_CALLERS, math.ceil(rate * CALLER_SECONDS)))


def gateway_locust_command(settings: GatewayLoadSettings) -> list[str]:
    """Locust without its page; the settings reach it by its environment too. Errors are for the report to judge."""
    users = str(callers_for(settings.load_call_rate) + TOPIC_SENDERS)
    locustfile = str(Path(__file__).with_name("locustfile.py"))
    command = [sys.executable, "-m", "locust", "-f", locustfile, "--headless", "--only-summary"]
    command += ["--host", settings.load_url, "--exit-code-on-error", "0"]
    return [*command, "-u", users, "-r", users, "--stop-timeout", "90"]
