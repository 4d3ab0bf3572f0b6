"""What wins over what: the model's verdict, rules, lists that allow, the caller's fallback and shadow mode."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.callers import CallerPolicy
from gateway.policy.decision import Judged
from gateway.policy.file import DEFAULT_POLICY, read_policy
from gateway.policy.policy import Policy, SeverityVerdict
from vigie_schemas import VERDICTS_BY_STRICTNESS, RuleHit

CALLER = CallerPolicy()
ALERT = Judged(0.9, 0.5, "high")
NO_ALERT = Judged(0.2, 0.5, None)

verdicts = st.sampled_from(VERDICTS_BY_STRICTNESS)
severities = st.sampled_from(["low", "medium", "high"])
amounts = st.floats(0.01, 1e6)
entries = st.builds(
    SeverityVerdict,
    severities=st.lists(severities, min_size=1, max_size=3, unique=True).map(tuple),
    verdict=verdicts,
    amount_from=st.one_of(st.just(0.0), amounts),
)
judgements = st.none() | st.builds(Judged, score=st.just(0.9), threshold=st.just(0.5), severity=st.none() | severities)
hits = st.lists(st.builds(RuleHit, rule=st.just("limits.some"), verdict=verdicts, text=st.just("some")), max_size=4)
fallbacks = st.sampled_from([*VERDICTS_BY_STRICTNESS, "rules"])


def strictness(verdict: str) -> int:
    return VERDICTS_BY_STRICTNESS.index(verdict)


def of(*entries: SeverityVerdict) -> Policy:
    return Policy("0" * 12, entries, (), (), MappingProxyType({}), CALLER)


def hit(verdict: str) -> RuleHit:
    return RuleHit.model_validate({"rule": f"lists.{verdict}", "verdict": verdict, "text": "some"})


@given(st.lists(entries, max_size=4), hits, amounts, judgements)
def test_rules_never_make_a_verdict_looser_unless_a_list_allows(
    entries: list[SeverityVerdict], hits: list[RuleHit], amount: float, judged: Judged | None
) -> None:
    policy = of(*entries)
    rules = tuple(hits)

    decision = policy.decide(rules, amount, judged, CALLER)

    alone = policy.decide((), amount, judged, CALLER).verdict
    asked = {rule.verdict for rule in rules}
    if "allow" in asked:
        assert decision.verdict == "allow"
    else:
        assert decision.verdict == max({alone, *asked}, key=strictness)
    assert decision.rules == rules


@given(hits, fallbacks)
def test_rules_never_make_a_fallback_looser_unless_a_list_allows(hits: list[RuleHit], on_fallback: str) -> None:
    caller = replace(CALLER, on_fallback=on_fallback)

    decision = of().fall_back(tuple(hits), caller)

    asked = {rule.verdict for rule in hits}
    base = "allow" if on_fallback == "rules" else on_fallback
    assert decision.verdict == ("allow" if "allow" in asked else max({base, *asked}, key=strictness))


@given(st.lists(entries, max_size=4), hits, amounts, judgements, fallbacks)
def test_shadow_mode_always_allows_and_says_what_it_would_have_been(
    entries: list[SeverityVerdict], hits: list[RuleHit], amount: float, judged: Judged | None, on_fallback: str
) -> None:
    policy, rules, caller = of(*entries), tuple(hits), replace(CALLER, on_fallback=on_fallback)
    shadow = replace(caller, observe=True)

    for real, shown in (
        (policy.decide(rules, amount, judged, caller), policy.decide(rules, amount, judged, shadow)),
        (policy.fall_back(rules, caller), policy.fall_back(rules, shadow)),
    ):
        assert (shown.verdict, shown.would_be, shown.rules) == ("allow", real.verdict, rules)
        assert real.would_be is None


@pytest.mark.parametrize("judged", [None, NO_ALERT])
def test_no_alert_and_no_rule_is_allowed(judged: Judged | None) -> None:
    policy = of(SeverityVerdict(("low", "medium", "high"), "decline"))

    assert policy.decide((), 1e9, judged, CALLER).verdict == "allow"


def test_the_first_entry_that_fits_decides() -> None:
    policy = of(
        SeverityVerdict(("high",), "decline", 500.0),
        SeverityVerdict(("high", "medium"), "challenge"),
        SeverityVerdict(("high",), "review"),
    )

    assert policy.decide((), 500.0, ALERT, CALLER).verdict == "decline"
    assert policy.decide((), math.nextafter(500.0, 0), ALERT, CALLER).verdict == "challenge"
    assert policy.decide((), 500.0, replace(ALERT, severity="low"), CALLER).verdict == "allow"


def test_a_list_that_allows_wins_over_one_that_declines() -> None:
    policy = of(SeverityVerdict(("high",), "decline"))

    assert policy.decide((hit("decline"), hit("allow")), 10.0, ALERT, CALLER).verdict == "allow"


@pytest.mark.parametrize(
    ("severity", "verdict"), [(None, "allow"), ("low", "review"), ("medium", "challenge"), ("high", "decline")]
)
def test_the_policy_that_ships(severity: str | None, verdict: str) -> None:
    policy = read_policy(DEFAULT_POLICY)

    assert policy.of_model(1.0, Judged(0.9, 0.5, severity)) == verdict
    assert policy.caller("anyone") == CallerPolicy(deadline_ms=150, on_fallback="allow", observe=False)
    assert (policy.rules, policy.warnings) == ((), ())


def test_the_policy_that_ships_is_in_the_package() -> None:
    assert DEFAULT_POLICY.is_file()
    assert Path(DEFAULT_POLICY).parent.name == "policy"


def test_a_caller_without_a_table_has_the_default_one(policy: Callable[..., Policy]) -> None:
    made = policy(
        """
        [callers.default]
        deadline_ms = 80
        on_fallback = "review"
        rate_per_second = 50
        burst = 20
        [callers."core-1.eu@bank"]
        observe = true
        deadline_ms = 300
        """
    )

    assert made.caller("other") == CallerPolicy(80, "review", False, 50.0, 20)
    assert made.caller("core-1.eu@bank") == CallerPolicy(300, "review", True, 50.0, 20)
