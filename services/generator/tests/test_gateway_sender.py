"""Live payments as calls of a gateway; a server stands in for it. The real one: tests/integration."""

import json
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, NamedTuple

import pytest

from generator.gateway_calls import GIVE_UP_SECONDS, DuePayment, GatewayCalls
from generator.gateway_sender import GatewaySender
from generator.labels import LabelQueue, Truth
from generator.outlet import Outlet, finishing
from generator.progress import SendProgress
from generator.settings import GeneratorSettings
from vigie_runtime import ConfigurationError, load_settings
from vigie_testing.gateway_stand_in import GatewayStandIn, golden_verdict, problem
from vigie_testing.ports import free_port
from vigie_testing.waiting import wait_until

MOCK = {"test.mock.num.brokers": 1, "log_level": 0}
LONG_FROM_NOW = 3600.0
"""A payment that is due then is never late, however slow the machine."""


class Reply(NamedTuple):
    """What the stand-in answers to one call."""

    status: int = 200
    verdict: object = "allow"
    retry_after: str | None = None


class ScriptedGateway(GatewayStandIn):
    """Answers as `reply` says, which is given a payment and how often its id came before; keeps what it was sent."""

    def __init__(
        self, reply: Callable[[dict[str, Any], int], Reply] = lambda payment, seen: Reply(), **given: Any
    ) -> None:
        self._reply = reply
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._open = self.most_open = 0
        self.bodies: list[bytes] = []
        super().__init__(**given)

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        with self._lock:
            name = json.loads(body)["transaction_id"]
            seen, self._seen[name] = self._seen[name], self._seen[name] + 1
            self.bodies.append(body)
            self._open += 1
            self.most_open = max(self.most_open, self._open)
        reply = self._reply(json.loads(body), seen)
        with self._lock:
            self._open -= 1
            self.headers = {} if reply.retry_after is None else {"Retry-After": reply.retry_after}
            self.changes = {"verdict": reply.verdict}
            status, answered = super().answer(path, headers, body)
        return (status, answered) if reply.status == status == 200 else problem(max(reply.status, status), "No", "No.")


class Ticking(threading.Event):
    """A stop that is never set, whose pauses pass at once on a clock of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout or 0.0)
        self.now += timeout or 0.0
        return False


def a_settings(address: str, **given: object) -> GeneratorSettings:
    return GeneratorSettings.model_validate({"generator_target": "gateway", "gateway_url": address} | given)


def a_payment(number: int, due: float, account: str = "acct-1") -> DuePayment:
    body = f'{{"transaction_id":"t-{number}","account_id":"{account}"}}'.encode()
    return DuePayment(body, account, Truth(f"t-{number}", account, is_fraud=False, scenario=None), due)


def in_turn(*replies: Reply) -> Callable[[dict[str, Any], int], Reply]:
    """One reply after the other to the calls with one id."""
    return lambda payment, seen: replies[seen]


def all_answered(sender: GatewaySender) -> tuple[LabelQueue, SendProgress]:
    labels, progress = LabelQueue("generator", 0), SendProgress(target_rate=None)

    def answered() -> bool:
        sender.take_answers(labels, progress)
        return sender.unanswered == 0

    wait_until(answered, what="all answers")
    return labels, progress


def test_verdicts_are_counted_and_what_was_judged_gets_its_label() -> None:
    verdicts = ("allow", "decline", "review", "allow")

    def reply(payment: dict[str, Any], seen: int) -> Reply:
        number = int(payment["transaction_id"][2:])
        return Reply(422) if number == 4 else Reply(verdict=verdicts[number])

    with ScriptedGateway(reply, token="secret") as gateway:
        sender = GatewaySender(a_settings(gateway.url, gateway_token="secret"), threading.Event())
        for number in range(5):
            sender.submit(a_payment(number, time.monotonic() + LONG_FROM_NOW))
        labels, progress = all_answered(sender)
        sender.close(10)

    status = sender.tally.status()
    assert (status["verdicts"], status["bases"]) == ({"allow": 2, "decline": 1, "review": 1}, {"model": 4})
    assert (status["refused"], status["late"], status["unanswered"]) == ({"422": 1}, 0, 0)
    assert (len(labels), progress.delivery_errors) == (4, 1)


def test_accounts_are_judged_beside_one_another_and_each_in_its_order() -> None:
    together = threading.Barrier(4)

    def reply(payment: dict[str, Any], seen: int) -> Reply:
        together.wait(30)  # four calls have to be under way at once, or nothing is ever answered
        return Reply()

    with ScriptedGateway(reply) as gateway:
        sender = GatewaySender(a_settings(gateway.url, generator_in_flight=4), threading.Event())
        accounts = accounts_of_four_threads()
        for number in range(12):
            sender.submit(a_payment(number, time.monotonic(), accounts[number % 4]))
        all_answered(sender)
        sender.close(10)

    assert gateway.most_open == 4
    for account in accounts:
        names = [payment["transaction_id"] for payment in gateway.payments if payment["account_id"] == account]
        assert names == sorted(names, key=lambda name: int(name[2:]))


def accounts_of_four_threads() -> list[str]:
    """One account for each of four threads, found as the sender spreads them."""
    found: dict[int, str] = {}
    for number in count():
        found.setdefault(zlib.crc32(f"a-{number}".encode()) % 4, f"a-{number}")
        if len(found) == 4:
            return list(found.values())
    raise AssertionError


def test_a_slow_gateway_slows_no_clock_and_is_counted() -> None:
    open_again = threading.Event()

    def reply(payment: dict[str, Any], seen: int) -> Reply:
        open_again.wait(30)
        return Reply()

    with ScriptedGateway(reply) as gateway:
        sender = GatewaySender(a_settings(gateway.url, generator_in_flight=1), threading.Event())
        sender.submit(a_payment(0, time.monotonic() + LONG_FROM_NOW))
        for number in range(1, 5):
            sender.submit(a_payment(number, time.monotonic() - 1.0))
        waiting, has_room = sender.unanswered, sender.has_room
        open_again.set()
        all_answered(sender)
        sender.close(10)

    assert (waiting, has_room) == (5, False)
    assert (sender.tally.late, sender.tally.verdicts["allow"]) == (4, 5)
    assert sender.has_room


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_gateway_that_is_full_is_asked_again_with_the_same_bytes(status: int) -> None:
    stop = Ticking()

    with ScriptedGateway(in_turn(Reply(status, retry_after="7"), Reply(status), Reply())) as gateway:
        calls = GatewayCalls(a_settings(gateway.url), stop, lambda: stop.now)
        result = calls.judge(a_payment(1, due=0.0))
        calls.close()

    assert (result.verdict, result.repeats, result.is_late) == ("allow", 2, True)
    assert stop.pauses == [7.0, 1.0]
    assert len(gateway.bodies) == 3
    assert len(set(gateway.bodies)) == 1


@pytest.mark.parametrize(
    ("asked", "pause"), [("600", 10.0), ("0", 0.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 1.0), ("-3", 1.0), ("", 1.0)]
)
def test_no_answer_makes_a_pause_longer_than_ten_seconds(asked: str, pause: float) -> None:
    stop = Ticking()

    with ScriptedGateway(in_turn(Reply(503, retry_after=asked), Reply())) as gateway:
        calls = GatewayCalls(a_settings(gateway.url), stop, lambda: stop.now)
        assert calls.judge(a_payment(1, due=0.0)).verdict == "allow"
        calls.close()

    assert stop.pauses == [pause]


def test_what_no_gateway_answers_is_given_up_when_it_is_old() -> None:
    stop = Ticking()
    calls = GatewayCalls(a_settings(f"http://127.0.0.1:{free_port()}"), stop, lambda: stop.now)

    result = calls.judge(a_payment(1, due=0.0))
    too_old = calls.judge(a_payment(2, due=stop.now - GIVE_UP_SECONDS))
    calls.close()

    assert (result.verdict, result.status, result.repeats) == (None, None, GIVE_UP_SECONDS - 1)
    assert (too_old.verdict, too_old.repeats, sum(stop.pauses)) == (None, 0, GIVE_UP_SECONDS)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"basis":"model"}', b'{"verdict":null}', b"\xff"], ids=str)
def test_what_is_no_verdict_is_a_refusal(body: bytes) -> None:
    with GatewayStandIn() as gateway:
        gateway.answers.append((200, body))
        calls = GatewayCalls(a_settings(gateway.url), threading.Event())
        result = calls.judge(a_payment(1, time.monotonic()))
        calls.close()

    assert (result.verdict, result.status) == (None, 200)


def test_at_a_stop_nothing_is_repeated_and_what_waits_is_given_up() -> None:
    stop = threading.Event()

    def reply(payment: dict[str, Any], seen: int) -> Reply:
        stop.set()
        return Reply(503)

    with ScriptedGateway(reply) as gateway:
        sender = GatewaySender(a_settings(gateway.url, generator_in_flight=1), stop)
        sender.submit(a_payment(0, time.monotonic()))
        sender.submit(a_payment(1, time.monotonic() - 2 * GIVE_UP_SECONDS))
        sender.close(30)
        _, progress = all_answered(sender)

    assert (len(gateway.bodies), sender.tally.given_up, progress.delivery_errors) == (1, 2, 2)


def an_outlet(gateway: GatewayStandIn, stop: threading.Event, progress: SendProgress) -> Outlet:
    sender = GatewaySender(a_settings(gateway.url), stop)
    labels = LabelQueue("generator", 0)
    return Outlet(a_settings(gateway.url), labels, progress, stop, gateway=sender, extra_config=MOCK)


def send(outlet: Outlet, number: int) -> None:
    truth = Truth(f"t-{number}", "acct-1", is_fraud=False, scenario=None)
    outlet.wait_until(time.monotonic())
    outlet.send({"transaction_id": f"t-{number}", "account_id": "acct-1"}, truth)


def test_history_goes_to_kafka_and_live_payments_to_the_gateway_with_all_labels() -> None:
    stop, progress = threading.Event(), SendProgress(target_rate=None, phase="history")

    with GatewayStandIn() as gateway:
        outlet = an_outlet(gateway, stop, progress)
        with finishing(outlet, stop):
            send(outlet, 1)
            progress.phase = "live"
            send(outlet, 2)
            send(outlet, 3)

    assert [payment["transaction_id"] for payment in gateway.payments] == ["t-2", "t-3"]
    assert all(payment["sent_at_us"] for payment in gateway.payments)
    assert (progress.sent, progress.labels, progress.delivery_errors) == (3, 3, 0)
    answered = progress.status()["gateway"]
    assert isinstance(answered, dict)
    assert answered["verdicts"] == {golden_verdict()["verdict"]: 2}


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_refused_ends_the_run_with_what_to_do(status: int) -> None:
    stop, progress, all_sent = threading.Event(), SendProgress(target_rate=None), threading.Event()

    def reply(payment: dict[str, Any], seen: int) -> Reply:
        all_sent.wait(30)
        return Reply(status)

    def run(outlet: Outlet) -> None:
        with finishing(outlet, stop):
            for number in range(3):
                send(outlet, number)
            all_sent.set()

    with ScriptedGateway(reply) as gateway, pytest.raises(ConfigurationError, match="VIGIE_GATEWAY_TOKEN"):
        run(an_outlet(gateway, stop, progress))

    assert (progress.sent, progress.labels) == (3, 0)
    assert progress.delivery_errors > 0


def test_without_the_gateway_the_status_says_nothing_of_it() -> None:
    assert "gateway" not in SendProgress(target_rate=50).status()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VIGIE_GENERATOR_TARGET", "pigeon"),
        ("VIGIE_GATEWAY_URL", "ftp://gateway"),
        ("VIGIE_GENERATOR_IN_FLIGHT", "0"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=name):
        load_settings(GeneratorSettings)
