"""`python -m vigie_loadtests.on_running_system`: Locust against a system that already runs, such as compose's."""

import argparse
import os

from vigie_loadtests.latency.pool import make_pool
from vigie_loadtests.latency.settings import LoadSettings, locust_command
from vigie_loadtests.numbers import at_least
from vigie_runtime import load_settings, run_entry_point

POOL_SIZE = 20_000


def main() -> None:
    """Make the transactions, then become Locust, so that signals reach it."""
    parser = argparse.ArgumentParser(description="Send transactions to KAFKA_BOOTSTRAP_SERVERS and time their scores.")
    parser.add_argument("--duration", type=at_least(1), default=60, help="measured seconds")
    arguments = parser.parse_args()
    settings = load_settings(LoadSettings)
    folder = settings.load_pool.parent
    folder.mkdir(parents=True, exist_ok=True)
    settings.load_results.parent.mkdir(parents=True, exist_ok=True)
    make_pool(folder / "history.jsonl", settings.load_pool, pool_size=POOL_SIZE)
    command = locust_command(settings, arguments.duration + settings.load_warm_up_seconds)
    os.execv(command[0], command)  # noqa: S606  no shell is the point


if __name__ == "__main__":
    run_entry_point(main)
