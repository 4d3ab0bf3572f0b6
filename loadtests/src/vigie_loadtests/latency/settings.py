"""What a load run does; set by the command line, read by the Locust process from its environment."""

import sys
from pathlib import Path

from pydantic import Field

from vigie_runtime import KafkaSettings


class LoadSettings(KafkaSettings):
    """Rate, length and where the results go."""

    load_rate: int = Field(default=1000, ge=1, le=20_000, description="Transactions a second.")
    load_first_number: int = Field(default=0, ge=0, description="Where the numbers of transactions begin.")
    load_users: int = Field(default=20, ge=1, le=500, description="Locust users that share the rate.")
    load_warm_up_seconds: int = Field(default=20, ge=0, description="Sent and checked, but not measured.")
    load_pool: Path = Field(default=Path("build/load/pool.jsonl"), description="Transactions to send, one a line.")
    load_results: Path = Field(default=Path("build/load/readings.npz"), description="What was read back.")


def locust_command(settings: LoadSettings, seconds: int) -> list[str]:
    """Locust without its page, for so long; the settings reach it by its environment."""
    users = str(settings.load_users)
    locustfile = str(Path(__file__).with_name("locustfile.py"))
    command = [sys.executable, "-m", "locust", "-f", locustfile, "--headless", "--only-summary"]
    return [*command, "-u", users, "-r", users, "-t", f"{seconds}s", "--stop-timeout", "90"]
