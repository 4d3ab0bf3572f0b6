"""Who may call, and how often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.door.callers import Callers
from gateway.door.rate_limit import RateLimits
from gateway.errors import MissingScopeProblem, RateLimitedProblem, UnauthorizedProblem
from gateway.settings import GatewaySettings
from vigie_runtime import ConfigurationError, load_settings

TOKEN = "0123456789abcdef"
OTHER = "fedcba9876543210"


@pytest.fixture
def callers(monkeypatch: pytest.MonkeyPatch) -> Callers:
    monkeypatch.setenv("VIGIE_GATEWAY_TOKENS", f"core:send+read:{TOKEN}, ops:admin:{OTHER}")
    return Callers(load_settings(GatewaySettings))


def test_a_token_names_its_caller(callers: Callers) -> None:
    caller = callers.of(f"Bearer {TOKEN}")

    assert (caller.name, caller.scopes) == ("core", {"send", "read"})
    assert callers.of(f"bearer  {OTHER} ").name == "ops"
    caller.require("send")
    with pytest.raises(MissingScopeProblem, match="admin"):
        caller.require("admin")


@pytest.mark.parametrize("header", [None, "", TOKEN, f"Basic {TOKEN}", "Bearer", f"Bearer {TOKEN}x", "Bearer \udcff"])
def test_others_are_refused(callers: Callers, header: str | None) -> None:
    with pytest.raises(UnauthorizedProblem, match="VIGIE_GATEWAY_TOKENS"):
        callers.of(header)


def test_a_sole_token_as_platforms_make_it_is_the_core_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_GATEWAY_TOKENS", TOKEN)

    caller = Callers(load_settings(GatewaySettings)).of(f"Bearer {TOKEN}")
    assert (caller.name, caller.scopes) == ("core", {"send", "read"})


def test_without_tokens_this_machine_may_do_all() -> None:
    assert Callers(GatewaySettings()).of(None).scopes == {"send", "read", "admin"}


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"VIGIE_GATEWAY_TOKENS": "core:send:short"}, "VIGIE_GATEWAY_TOKENS: the token of entry 1 needs 16"),
        ({"VIGIE_GATEWAY_TOKENS": f"core:write:{TOKEN}"}, "entry 1 is not name:scopes:token"),
        ({"VIGIE_GATEWAY_TOKENS": f"core:send:{TOKEN},"}, "entry 2 is not name:scopes:token"),
        ({"VIGIE_GATEWAY_TOKENS": f"{TOKEN},{OTHER}"}, "entry 1 is not name:scopes:token"),
        ({"VIGIE_GATEWAY_TOKENS": f"a:send:{TOKEN},b:read:{TOKEN}"}, "one token twice"),
        ({"VIGIE_GATEWAY_HOST": "0.0.0.0"}, "VIGIE_GATEWAY_HOST opens the gateway"),
        ({"VIGIE_TLS_KEY_FILE": "key.pem"}, "set both or neither"),
    ],
)
def test_settings_that_cannot_be(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=said) as refused:
        load_settings(GatewaySettings)
    assert TOKEN not in str(refused.value)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_fills_up_again() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    for _ in range(5):
        limits.take("core", 1, per_second=2, burst=5)
    with pytest.raises(RateLimitedProblem) as refused:
        limits.take("core", 1, per_second=2, burst=5)

    assert refused.value.retry_after_seconds == 1
    limits.take("other", 1, per_second=2, burst=5)
    clock.now += 0.5
    limits.take("core", 1, per_second=2, burst=5)


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0, 3)), max_size=60))
def test_no_more_pass_than_the_rate_allows(calls: list[tuple[int, float]]) -> None:
    clock, passed, largest = Clock(), 0, 0
    limits, began = RateLimits(clock), clock.now
    for count, pause in calls:
        clock.now += pause
        try:
            limits.take("core", count, per_second=10, burst=20)
        except RateLimitedProblem:
            continue
        passed, largest = passed + count, max(largest, count)

    assert passed <= 20 + 10 * (clock.now - began) + largest + 1e-6
