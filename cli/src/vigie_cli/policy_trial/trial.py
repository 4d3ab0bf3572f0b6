"""Replays payments through a policy, in the order of their time, as the gateway would have asked it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat, starmap
from typing import Final

from gateway.policy.callers import CallerPolicy
from gateway.policy.decision import Judged
from gateway.policy.lists import MATCHED
from gateway.policy.policy import Policy
from vigie_cli.policy_trial.figures import TrialFigures
from vigie_cli.policy_trial.payments import FIELDS, TrialPayments
from vigie_cli.policy_trial.running_sums import RunningSums
from vigie_cli.policy_trial.scores import TrialScores
from vigie_schemas import POLICY_LISTS, VERDICTS_BY_STRICTNESS, Rates, VerdictName
from vigie_schemas.alert import severity_of

ANY_CALLER: Final = CallerPolicy()
"""What a caller is agreed on changes no verdict that the model or a rule gives in time."""
WITHOUT_SCORES: Final = (
    "Rules only: no payment was judged by a model, so [[verdicts]] decided nothing. Give its judgements by --scores."
)


@dataclass(frozen=True)
class PolicyTrial:
    """What came of it."""

    figures: TrialFigures
    notes: tuple[str, ...]


def try_policy(
    policy: Policy, payments: TrialPayments, scores: TrialScores | None, rates: Rates, now_ms: int
) -> PolicyTrial:
    """Decide on every payment; entries of lists count as of `now_ms`, whenever the payments were made."""
    of_model: list[VerdictName] = []
    if scores is not None:
        asked = {entry.verdict for entry in policy.verdicts}
        of_model = [verdict for verdict in VERDICTS_BY_STRICTNESS[1:] if verdict in asked]
    figures = TrialFigures(policy.rules, of_model)
    sums = RunningSums()
    for payment, judged in zip(payments.rows(), _judgements(scores), strict=False):
        amount_eur = payment.amount * rates.eur_per_unit[payment.currency]
        rules = policy.rules_of(payment, amount_eur, sums.spent, now_ms)
        sums.add(payment.account_id, payment.timestamp_ms, amount_eur)
        verdict = policy.decide(rules, amount_eur, judged, ANY_CALLER).verdict
        figures.add(payment.label, amount_eur, rules, policy.of_model(amount_eur, judged), verdict)
    return PolicyTrial(figures, tuple(_notes(policy, payments, scores)))


def _judgements(scores: TrialScores | None) -> Iterator[Judged | None]:
    """In the order of the payments; None for each where there are no scores."""
    return repeat(None) if scores is None else starmap(_judged, scores.rows())


def _judged(score: float | None, threshold: float | None) -> Judged | None:
    if score is None or threshold is None:
        return None
    return Judged(score, threshold, severity_of(score, threshold))


def _notes(policy: Policy, payments: TrialPayments, scores: TrialScores | None) -> Iterator[str]:
    yield from payments.notes
    yield from policy.warnings
    if scores is None:
        yield WITHOUT_SCORES
    elif missing := len(payments.table) - scores.judged:
        yield f"{missing:,} of {len(payments.table):,} payments have no score: rules alone decided on them."
    if payments.unlabelled == len(payments.table):
        yield f"{payments.name} has no labels: which payments were fraud is not known."
    elif payments.unlabelled:
        yield f"{payments.unlabelled:,} of {len(payments.table):,} payments have no label: they are neither."
    lacking = {field for field in FIELDS if payments.lacks(field)}
    for each in policy.lists:
        if each.is_from_topic:
            yield f"{each.rule} has its entries from the topic {POLICY_LISTS.name}: here it has none."
        fields = [field for field, _ in MATCHED[each.field]]
        if lacking.issuperset(fields):
            yield f"{payments.name} has no {' and no '.join(fields)}: {each.rule} cannot apply."
    for limit in policy.limits:
        missing_fields = [field for field, _ in limit.segment if field in lacking]
        if missing_fields:
            yield f"{payments.name} has no {' and no '.join(missing_fields)}: {limit.rule} cannot apply."
    if payments.only_days:
        yield f"{payments.name} has dates without times: limits of an hour are not compared."
