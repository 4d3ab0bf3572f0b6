"""A policy in memory: from lists, limits and what the model said to a verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gateway.policy.callers import CallerPolicy
from gateway.policy.decision import STRICTNESS, Judged, PaymentFields, PolicyDecision, SpentOf
from gateway.policy.limits import Limit, add_hits
from gateway.policy.lists import ListLookup, PolicyList
from vigie_schemas import RuleHit, Severity, VerdictName

_NO_HITS: tuple[RuleHit, ...] = ()


@dataclass(frozen=True, slots=True)
class SeverityVerdict:
    """What an alert of these severities and at least this amount gets."""

    severities: tuple[Severity, ...]
    verdict: VerdictName
    amount_from: float = 0.0
    """EUR, inclusive."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the policy; made by `gateway.policy.file.read_policy`, never changed but for its look-up."""

    hash: str
    """First 12 hexadecimal digits of the SHA-256 of the file followed by its list files in their order."""
    verdicts: tuple[SeverityVerdict, ...]
    """The first that fits decides."""
    lists: tuple[PolicyList, ...]
    limits: tuple[Limit, ...]
    callers: Mapping[str, CallerPolicy]
    default_caller: CallerPolicy
    warnings: tuple[str, ...] = ()
    """What is allowed and probably not meant, a sentence each."""
    lookup: ListLookup = field(init=False, repr=False, compare=False)
    """The entries of all lists: `TopicLists` keeps those that come by the topic up to date in it."""
    _by_severity: Mapping[Severity, tuple[SeverityVerdict, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_severity: dict[Severity, tuple[SeverityVerdict, ...]] = {}
        for entry in self.verdicts:
            for severity in entry.severities:
                by_severity[severity] = (*by_severity.get(severity, ()), entry)
        object.__setattr__(self, "_by_severity", MappingProxyType(by_severity))
        object.__setattr__(self, "lookup", ListLookup(self.lists))

    @property
    def rules(self) -> tuple[tuple[str, VerdictName], ...]:
        """Name and verdict of every list and limit, in the order of the file."""
        return tuple((rule.rule, rule.verdict) for rule in (*self.lists, *self.limits))

    def caller(self, name: str) -> CallerPolicy:
        """What is agreed with a caller: its own table, else `callers.default`."""
        return self.callers.get(name, self.default_caller)

    def rules_of(
        self, transaction: PaymentFields, amount_eur: float, spent: SpentOf, now_ms: int
    ) -> tuple[RuleHit, ...]:
        """Every list and limit that applies to a payment, the strictest first."""
        hits: list[RuleHit] = []
        if self.lists:
            self.lookup.add_hits(transaction, now_ms, hits)
        if self.limits:
            add_hits(self.limits, transaction, amount_eur, spent, hits)
        if len(hits) > 1:
            hits.sort(key=_looseness)
        return tuple(hits) if hits else _NO_HITS

    def of_model(self, amount_eur: float, judged: Judged | None) -> VerdictName:
        """The verdict by the model alone: allow without an alert, and where no entry fits."""
        if judged is not None and judged.severity is not None:
            for entry in self._by_severity.get(judged.severity, ()):
                if amount_eur >= entry.amount_from:
                    return entry.verdict
        return "allow"

    def decide(
        self, rules: tuple[RuleHit, ...], amount_eur: float, judged: Judged | None, caller: CallerPolicy
    ) -> PolicyDecision:
        """The verdict by the model's judgement, or without one by the rules alone."""
        return _decision(self.of_model(amount_eur, judged), rules, caller)

    def fall_back(self, rules: tuple[RuleHit, ...], caller: CallerPolicy) -> PolicyDecision:
        """The verdict where no outcome came in time: the caller's `on_fallback`, made stricter by rules."""
        return _decision("allow" if caller.on_fallback == "rules" else caller.on_fallback, rules, caller)


def _decision(verdict: VerdictName, rules: tuple[RuleHit, ...], caller: CallerPolicy) -> PolicyDecision:
    """A rule makes the verdict stricter; a list that allows decides, whatever else there is."""
    for hit in rules:
        if hit.verdict == "allow":
            verdict = "allow"
            break
        if STRICTNESS[hit.verdict] > STRICTNESS[verdict]:
            verdict = hit.verdict
    return PolicyDecision("allow", verdict, rules) if caller.observe else PolicyDecision(verdict, None, rules)


def _looseness(hit: RuleHit) -> int:
    return -STRICTNESS[hit.verdict]
