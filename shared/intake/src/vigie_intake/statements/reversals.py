"""Whether a statement marks reversals as ISO 20022 says; its balances are the witness."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Self

from vigie_intake.statements.columns import decimal_text
from vigie_intake.statements.xml_stream import Element, Texts, first, local, texts
from vigie_runtime import InputError

TRUE: Final = ("true", "1")
_OPENING: Final = ("OPBD", "PRCD")
_CLOSING: Final = ("CLBD",)


class InvertedReversalsError(InputError):
    """The entries add up to the balances only if CdtDbtInd of a reversal is that of the payment it takes back."""


@dataclass
class Reversals:
    """What the entries of one statement come to, beside its balances."""

    change: Decimal | None
    inverted: bool
    ordinary: Decimal = Decimal(0)
    reversed: Decimal = Decimal(0)  # by CdtDbtInd as ISO 20022 means it
    has_any: bool = False

    @classmethod
    def of(cls, statement: Element | None, inverted: bool) -> Self:
        """For a statement whose balances stand before its entries, as its schema has it."""
        found = {}
        for child in [] if statement is None else statement:
            if isinstance(child.tag, str) and local(child) == "Bal":
                balance = texts(child)
                code = first(balance, "Tp/CdOrPrtry/Cd", "Tp/Cd")
                amount = _signed(balance)
                if code is not None and amount is not None:
                    found.setdefault(code, amount)
        opening = next((found[code] for code in _OPENING if code in found), None)
        closing = next((found[code] for code in _CLOSING if code in found), None)
        return cls(None if opening is None or closing is None else closing - opening, inverted)

    def count(self, entry: Texts) -> None:
        """Add one entry; what is not booked changes no balance."""
        if self.change is None or first(entry, "Sts", "Sts/Cd") not in (None, "BOOK"):
            return
        amount = _signed(entry)
        if amount is None:
            return
        if entry.get("RvslInd") in TRUE:
            self.has_any = True
            self.reversed += amount
        else:
            self.ordinary += amount

    def check(self, name: str) -> None:
        """Raises InputError where the balances say that reversals mean the opposite of what was taken."""
        if not self.has_any or self.change is None or not self.reversed:
            return
        as_taken, otherwise = self.ordinary + self._reversed(), self.ordinary - self._reversed()
        if otherwise == self.change != as_taken:
            raise InvertedReversalsError(
                f"{name}: the balances of a statement add up only if its reversed entries (RvslInd) mean the opposite "
                "of those at the beginning of the file, or of ISO 20022. Give each statement as a file of its own, or "
                "ask the bank for shorter ones."
            )

    def _reversed(self) -> Decimal:
        return -self.reversed if self.inverted else self.reversed


def _signed(found: Texts) -> Decimal | None:
    amount = decimal_text(found.get("Amt"))
    indicator = found.get("CdtDbtInd")
    if amount is None or indicator not in ("CRDT", "DBIT"):
        return None
    return Decimal(amount) if indicator == "CRDT" else -Decimal(amount)
