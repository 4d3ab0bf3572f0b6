"""Locust's view of Vigie: users that send transactions to Kafka; a request ends when its scored record is read back.

Run through `make load`, or by hand against any Kafka: `locust -f locustfile.py --headless -u 20 -t 2m`.
"""

from itertools import islice

from locust import User, constant, events, task
from locust.env import Environment

from vigie_loadtests.latency.pool import endless, read_pool
from vigie_loadtests.latency.settings import LoadSettings
from vigie_loadtests.latency.topic_load import TopicLoad
from vigie_runtime import load_settings

_load: dict[str, TopicLoad] = {}


@events.test_start.add_listener
def start_load(environment: Environment, **_: object) -> None:
    """Locust starts: make what the users share."""
    settings = load_settings(LoadSettings)
    transactions = islice(endless(read_pool(settings.load_pool)), settings.load_first_number, None)
    _load["current"] = TopicLoad(environment, settings, transactions)


@events.test_stop.add_listener
def finish_load(environment: Environment, **_: object) -> None:
    """Locust stops: nothing sent may be missing before the results are written."""
    _load["current"].finish()


class AccountHolders(User):
    """One of several who take the schedule's next moment in turn, so that one who waits for Kafka delays no other."""

    wait_time = constant(0)

    @task
    def pay(self) -> None:
        """One transaction."""
        _load["current"].send()
