"""Tokens, scopes and rates of a gateway that others can reach; what no caller may do to it; thousands of idle lines."""

import resource
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.generation import GenerationMode

from vigie_runtime import KafkaSettings
from vigie_testing.played_detector import PlayedDetector
from vigie_testing.running_gateway import GatewayCaller, gateway_process, payment, running, settings_of

pytestmark = pytest.mark.integration

SENDS, READS, ADMIN = ("s" * 16, "r" * 16, "a" * 16)
IDLE_LINES = 10_000
BODY_KIB = 8
EXAMPLES = 20
JUDGED_BY_STATUS = schemathesis.Config.from_dict(  # no schema tells which ids there are, or a body's longest
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ["2XX", "404", "409", "413"]},
            "negative_data_rejection": {"expected-statuses": ["4XX"]},
        }
    }
)


@pytest.fixture
def guarded(kafka: KafkaSettings, detector: PlayedDetector, tmp_path: Path) -> Iterator[int]:
    """Port of a gateway with three callers, of which the one that sends is slow."""
    policy = tmp_path / "policy.toml"
    policy.write_text(
        '[[verdicts]]\nseverity = "high"\nverdict = "decline"\n'
        "[callers.default]\ndeadline_ms = 5000\n[callers.core]\ndeadline_ms = 5000\nrate_per_second = 1\nburst = 3\n"
    )
    configured = settings_of(
        kafka,
        gateway_tokens=f"core:send:{SENDS},desk:read:{READS},ops:admin+send:{ADMIN}",
        policy_file=policy,
        gateway_body_kib=BODY_KIB,
    )
    with running(configured) as caller:
        caller.wait_ready()
        yield configured.gateway_port


def test_a_token_opens_what_its_scopes_say(guarded: int) -> None:
    unknown, sends, reads, admin = (GatewayCaller(guarded, token) for token in (None, SENDS, READS, ADMIN))
    sent = payment()
    try:
        assert [caller.http.get("/healthz").status_code for caller in (unknown, sends)] == [200, 200]
        refused = unknown.send(**sent)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert [caller.send(**sent).status_code for caller in (sends, reads)] == [200, 403]
        assert admin.verdict(**payment())["caller"] == "ops"
        address = f"/v1/transactions/{sent['transaction_id']}"
        assert [caller.http.get(address).status_code for caller in (unknown, reads, sends)] == [401, 200, 200]
        assert [caller.http.get("/status").status_code for caller in (unknown, sends, reads, admin)] == [
            401,
            403,
            200,
            200,
        ]
        assert sends.http.get("/v1/verdicts/stream").status_code == 403
    finally:
        for caller in (unknown, sends, reads, admin):
            caller.http.close()


def test_who_sends_faster_than_agreed_hears_when_to_come_back(guarded: int) -> None:
    with GatewayCaller(guarded, SENDS) as caller:
        answers = [caller.send() for _ in range(6)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert {answer.status_code for answer in answers} == {200, 429}
    assert int(refused[0].headers["retry-after"]) >= 1


def test_bodies_that_are_too_large_are_refused(guarded: int) -> None:
    with GatewayCaller(guarded, ADMIN) as caller:
        large = caller.http.post("/v1/transactions", content=b" " * (BODY_KIB * 1024 + 1))
        chunked = caller.http.post("/v1/transactions", content=iter([b" " * 4096] * 3))
        many = caller.http.post("/v1/transactions:batch", content=b'{"transactions":[' + b"1," * 1000 + b"1]}")
        odd = caller.send(deadline_ms=5)

    assert [answer.status_code for answer in (large, chunked, many, odd)] == [413, 413, 413, 400]
    assert "Vigie-Deadline-Ms" in odd.json()["detail"]


def test_unknown_addresses_and_methods_are_problems(guarded: int) -> None:
    with GatewayCaller(guarded, ADMIN) as caller:
        nothing, wrong = caller.http.get("/v2"), caller.http.get("/v1/transactions")
        meaning = caller.http.get(nothing.json()["type"])

    assert (nothing.status_code, wrong.status_code, wrong.headers["allow"]) == (404, 405, "POST")
    assert meaning.json()["status"] == 404


def with_plain_integers(value: Any) -> Any:
    """1.0 is an integer to JSON Schema and none to the contract; it cannot say so."""
    if isinstance(value, dict):
        return {name: with_plain_integers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_plain_integers(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_breaks_it(guarded: int, mode: GenerationMode) -> None:
    admin = {"Authorization": f"Bearer {ADMIN}"}
    address = f"http://127.0.0.1:{guarded}/openapi.json"
    schema = schemathesis.openapi.from_url(address, config=JUDGED_BY_STATUS, headers=admin)
    operations = [found.ok() for found in schema.exclude(path="/v1/verdicts/stream").get_all_operations()]
    if mode is GenerationMode.NEGATIVE:
        operations = [one for one in operations if one.body or any(one.iter_parameters())]  # others can't be wrong

    assert operations
    for operation in operations:

        @settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def send(case: schemathesis.Case) -> None:
            if mode is GenerationMode.POSITIVE:
                case.body = with_plain_integers(case.body)
            case.call_and_validate(headers=admin)

        send()


def test_ten_thousand_idle_lines_keep_no_caller_out(kafka: KafkaSettings, detector: PlayedDetector) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = IDLE_LINES + 1_000
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip(f"this machine allows {hard} open files, {needed} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))  # the gateway inherits it
    gateway_settings, lines = settings_of(kafka), list[socket.socket]()
    try:
        with gateway_process(gateway_settings) as (_, caller):
            lines += [socket.create_connection(("127.0.0.1", gateway_settings.gateway_port)) for _ in range(IDLE_LINES)]
            assert caller.verdict()["basis"] == "model"
            for line in lines:
                line.close()
    finally:
        for line in lines:
            line.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
