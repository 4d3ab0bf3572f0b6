"""What is counted of a trial: payments and money by what is true of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from vigie_schemas import VERDICTS_BY_STRICTNESS, RuleHit, VerdictName

MODEL = "model"


@dataclass(slots=True)
class PaymentSum:
    """Payments and what they come to."""

    payments: int = 0
    eur: float = 0.0

    def add(self, amount_eur: float) -> None:
        """One more."""
        self.payments += 1
        self.eur += amount_eur

    def as_json(self) -> dict[str, Any]:
        """EUR to the cent."""
        return {"payments": self.payments, "eur": round(self.eur, 2)}


@dataclass(slots=True)
class ByTruth:
    """Payments by their labels; `unknown` have none."""

    fraud: PaymentSum = field(default_factory=PaymentSum)
    legitimate: PaymentSum = field(default_factory=PaymentSum)
    unknown: PaymentSum = field(default_factory=PaymentSum)

    def add(self, label: int, amount_eur: float) -> None:
        """One more: 1 is fraud, 0 legitimate, anything else unknown."""
        truth = self.fraud if label == 1 else self.legitimate if label == 0 else self.unknown
        truth.add(amount_eur)

    @property
    def payments(self) -> int:
        """All of them."""
        return self.fraud.payments + self.legitimate.payments + self.unknown.payments

    @property
    def eur(self) -> float:
        """What all of them come to."""
        return self.fraud.eur + self.legitimate.eur + self.unknown.eur

    @property
    def precision(self) -> float | None:
        """Share of fraud among the labelled ones; None where there are none."""
        labelled = self.fraud.payments + self.legitimate.payments
        return self.fraud.payments / labelled if labelled else None

    def as_json(self) -> dict[str, Any]:
        """Each truth by its name."""
        return {name: getattr(self, name).as_json() for name in ("fraud", "legitimate", "unknown")}


class TrialFigures:
    """Counts the payments of a trial, each with the rules that applied and the verdict they led to."""

    def __init__(self, rules: Iterable[tuple[str, VerdictName]], of_model: Iterable[VerdictName]) -> None:
        self.total = ByTruth()
        self.verdicts: dict[VerdictName, ByTruth] = {verdict: ByTruth() for verdict in VERDICTS_BY_STRICTNESS}
        self.rules: dict[tuple[str, VerdictName], ByTruth] = {rule: ByTruth() for rule in rules}
        """By name and verdict, in the order of the policy; also those that never applied."""
        self.rules |= {(MODEL, verdict): ByTruth() for verdict in of_model}

    def add(
        self,
        label: int,
        amount_eur: float,
        hits: Iterable[RuleHit],
        of_model: VerdictName,
        verdict: VerdictName,
    ) -> None:
        """One payment."""
        self.total.add(label, amount_eur)
        self.verdicts[verdict].add(label, amount_eur)
        for hit in hits:
            self.rules[hit.rule, hit.verdict].add(label, amount_eur)
        if (MODEL, of_model) in self.rules:
            self.rules[MODEL, of_model].add(label, amount_eur)

    @property
    def stopped(self) -> ByTruth:
        """Payments with any verdict but allow."""
        found = ByTruth()
        for verdict in VERDICTS_BY_STRICTNESS[1:]:
            for name in ("fraud", "legitimate", "unknown"):
                part, each = getattr(found, name), getattr(self.verdicts[verdict], name)
                part.payments, part.eur = part.payments + each.payments, part.eur + each.eur
        return found

    def as_json(self) -> dict[str, Any]:
        """For --json: rules in the order of the policy, verdicts from the loosest to the strictest."""
        return {
            "payments": self.total.as_json(),
            "rules": [
                {
                    "rule": rule,
                    "verdict": verdict,
                    **figures.as_json(),
                    "legitimate_share": share(figures.legitimate.payments, self.total.legitimate.payments),
                    "precision": figures.precision,
                }
                for (rule, verdict), figures in self.rules.items()
            ],
            "verdicts": [
                {"verdict": verdict, **figures.as_json(), "share": share(figures.payments, self.total.payments)}
                for verdict, figures in self.verdicts.items()
            ],
        }


def share(part: int, whole: int) -> float | None:
    """None where there is nothing to have a share of."""
    return part / whole if whole else None
