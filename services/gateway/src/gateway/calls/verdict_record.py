"""The verdict of a call as a record; built by hand, because it is built for every call (a test compares contracts)."""

from typing import Any, Final

from gateway.calls.call import Call
from gateway.policy.decision import Judged, PolicyDecision
from gateway.stream.outcomes import ScoredOutcome
from vigie_schemas import SCHEMA_VERSION, RuleHit
from vigie_schemas.alert import severity_of
from vigie_schemas.verdict import FallbackCause

NOT_ANSWERED: Final = ("schema_version", "body_digest")
"""What the record has and the answer has not."""


def judged(outcome: ScoredOutcome) -> Judged | None:
    """What the model said; None while there was no model."""
    if outcome.score is None or outcome.threshold is None:
        return None
    return Judged(outcome.score, outcome.threshold, severity_of(outcome.score, outcome.threshold))


def true_verdict(call: Call, outcome: ScoredOutcome, *, at_ms: int, spent_ms: float) -> dict[str, Any]:
    """By the detector's outcome; `late` where a fallback was answered before."""
    model = judged(outcome)
    decision = call.policy.decide(call.rules, call.amount_eur, model, call.terms)
    record = _record(call, decision, at_ms, spent_ms)
    return record | {
        "basis": "rules" if model is None else "model",
        "late": call.is_fallback,
        "accepted": True,
        "score": outcome.score,
        "threshold": outcome.threshold,
        "severity": model.severity if model else None,
        "reasons": call.explanation.reasons if call.explanation and outcome.is_anomaly else [],
        "model_version": outcome.model_version,
        "threshold_version": outcome.threshold_version,
    }


def fallback_verdict(call: Call, cause: FallbackCause, *, at_ms: int, spent_ms: float) -> dict[str, Any]:
    """By the caller's policy, because no outcome came in time."""
    decision = call.policy.fall_back(call.rules, call.terms)
    return _record(call, decision, at_ms, spent_ms) | {"basis": "fallback", "fallback_cause": cause}


def answer_of(record: dict[str, Any]) -> dict[str, Any]:
    """What the caller gets of a record."""
    return {name: value for name, value in record.items() if name not in NOT_ANSWERED}


def rule_hit(rule: RuleHit) -> dict[str, str]:
    """As JSON has it."""
    return {"rule": rule.rule, "verdict": rule.verdict, "text": rule.text}


def _record(call: Call, decision: PolicyDecision, at_ms: int, spent_ms: float) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "transaction_id": call.transaction_id,
        "account_id": call.account_id,
        "caller": call.caller,
        "request_id": call.request_id,
        "at_ms": at_ms,
        "verdict": decision.verdict,
        "would_be": decision.would_be,
        "basis": "fallback",
        "fallback_cause": None,
        "late": False,
        "accepted": call.place is not None,
        "amount_eur": call.amount_eur,
        "score": None,
        "threshold": None,
        "severity": None,
        "reasons": [],
        "rules": [rule_hit(rule) for rule in decision.rules],
        "model_version": None,
        "threshold_version": None,
        "policy": call.policy.hash,
        "spent_ms": round(spent_ms, 3),
        "body_digest": call.digest,
    }
