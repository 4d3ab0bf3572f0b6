"""Locust's view of the gateway: callers that send a payment at its moment, whether or not others were answered yet.

Run through `make load TARGET=gateway`, or by hand: `locust -f locustfile.py --host http://127.0.0.1:8001 --headless`.
"""

import time

import gevent
from locust import FastHttpUser, User, constant, events, task
from locust.env import Environment

from vigie_loadtests.gateway.answers import PREFIX, AnswerLog
from vigie_loadtests.gateway.prepared import PreparedTransactions
from vigie_loadtests.gateway.settings import TOPIC_SENDERS, GatewayLoadSettings
from vigie_loadtests.latency.pool import read_pool
from vigie_loadtests.latency.schedule import Schedule
from vigie_loadtests.latency.topic_load import TopicLoad
from vigie_runtime import load_settings

PATH = "/v1/transactions"
HEADERS = {"Content-Type": "application/json", "Accept-Encoding": "identity"}


class GatewayLoad:
    """What all users share: the schedule of the calls, their bodies, what was answered, and the topic's part."""

    def __init__(self, environment: Environment, settings: GatewayLoadSettings) -> None:
        self.schedule = Schedule(settings.load_call_rate)
        self.prepared = PreparedTransactions(read_pool(settings.load_pool))
        self.answers = AnswerLog()
        self.topic = TopicLoad(environment, settings, self.prepared.records())
        self._path = settings.load_answers

    def finish(self) -> None:
        """Save what was answered, and wait for what was sent to the topic."""
        self.answers.write(self._path)
        self.topic.finish()


_load: dict[str, GatewayLoad] = {}


@events.test_start.add_listener
def start_load(environment: Environment, **_: object) -> None:
    """Locust starts: make what the users share. Its own clock (-t) would count the time that this takes."""
    settings = load_settings(GatewayLoadSettings)
    _load["current"] = GatewayLoad(environment, settings)
    if environment.runner is not None:
        gevent.spawn_later(settings.load_seconds, environment.runner.quit)


@events.test_stop.add_listener
def finish_load(environment: Environment, **_: object) -> None:
    """Locust stops, each caller with an answer: nothing may be missing before the results are written."""
    _load["current"].finish()


class LoadCaller(FastHttpUser):
    """One of many who take the schedule's next moment in turn, so that one who waits for an answer delays no other.

    Each has a connection of its own, which stays open.
    """

    wait_time = constant(0)

    def on_start(self) -> None:
        """The gateway sets no cookies, and looking for some costs as much as a tenth of a call."""
        self.client.client.cookiejar = None

    @task
    def pay(self) -> None:
        """One call, made when it is due; its latency counts from then."""
        load = _load["current"]
        number, due_ns = load.schedule.next()
        wait_seconds = load.schedule.seconds_until(due_ns)
        if wait_seconds:
            gevent.sleep(wait_seconds)
        body = load.prepared.body(f"{PREFIX}{number}")
        sent_ns = time.time_ns()
        response = self.client.post(PATH, data=body, headers=HEADERS)  # pyright: ignore[reportArgumentType] - bytes too
        load.answers.add(number, (due_ns, sent_ns, time.time_ns()), response.status_code, response.content)


class TopicSender(User):
    """Writes to the topic itself, at a rate of its own: the path without the gateway."""

    wait_time = constant(0)
    fixed_count = TOPIC_SENDERS

    @task
    def pay(self) -> None:
        """One transaction."""
        _load["current"].topic.send()
