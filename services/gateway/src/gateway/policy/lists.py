"""Lists of accounts, merchants, countries and devices: looked up by value, expired by the clock."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Literal

from gateway.policy.decision import PaymentFields
from vigie_schemas import RuleHit, VerdictName

ListField = Literal["account", "merchant", "country", "device"]

MATCHED: Final[Mapping[ListField, tuple[tuple[str, str], ...]]] = {
    "account": (("account_id", "account"),),
    "merchant": (("merchant_id", "merchant"), ("payee_id", "payee")),
    "country": (("country", "country"), ("ip_country", "country of the internet address")),
    "device": (("device_id", "device"),),
}
"""Fields of a transaction that a list's values are compared with, and what a person calls them."""


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One value of a list; `by` is who added it."""

    value: str
    reason: str
    by: str
    until_ms: int | None = None
    """First moment at which it does nothing any more; None: it stays."""


@dataclass(frozen=True, slots=True)
class PolicyList:
    """A list with its entries."""

    name: str
    field: ListField
    verdict: VerdictName
    entries: tuple[ListEntry, ...]
    is_from_topic: bool = False
    """Its entries come by the topic and are in the look-up only: `entries` is empty."""

    @property
    def rule(self) -> str:
        """What a verdict calls it."""
        return f"lists.{self.name}"


_Found = tuple[PolicyList, ListEntry]


class ListLookup:
    """All lists of a policy, by what they are compared with: one look-up a field, however long the lists are.

    One thread may change it while another looks something up: what belongs to a value is replaced as a whole.
    """

    __slots__ = ("_by_field", "_of_field", "_places")

    def __init__(self, lists: Iterable[PolicyList]) -> None:
        self._places: dict[str, int] = {}
        self._of_field: dict[ListField, dict[str, tuple[_Found, ...]]] = {}
        for each in lists:
            self._places[each.name] = len(self._places)
            of_field = self._of_field.setdefault(each.field, {})
            for entry in each.entries:
                of_field[entry.value] = (*of_field.get(entry.value, ()), (each, entry))
        self._by_field: tuple[tuple[Callable[[PaymentFields], str | None], str, dict[str, tuple[_Found, ...]]], ...] = (
            tuple(
                (attrgetter(attribute), called, entries)
                for field, entries in self._of_field.items()
                for attribute, called in MATCHED[field]
            )
        )

    def put(self, each: PolicyList, entry: ListEntry) -> None:
        """Add an entry to one of the lists, in place of the one that the list has for its value."""
        found = (*self._of_others(each, entry.value), (each, entry))
        # in the policy's order, so that every replica names the rules of a verdict alike
        self._of_field[each.field][entry.value] = tuple(sorted(found, key=lambda one: self._places[one[0].name]))

    def remove(self, each: PolicyList, value: str) -> None:
        """Take a value off one of the lists; nothing where it is not on it."""
        others = self._of_others(each, value)
        if others:
            self._of_field[each.field][value] = others
        else:
            self._of_field[each.field].pop(value, None)

    def _of_others(self, each: PolicyList, value: str) -> tuple[_Found, ...]:
        return tuple(found for found in self._of_field[each.field].get(value, ()) if found[0].name != each.name)

    def add_hits(self, transaction: PaymentFields, now_ms: int, hits: list[RuleHit]) -> None:
        """Append a hit for each list that has the transaction and has not expired, one a list."""
        for value_of, called, entries in self._by_field:
            value = value_of(transaction)
            if value is None or (found := entries.get(value)) is None:
                continue
            for each, entry in found:
                if entry.until_ms is not None and now_ms >= entry.until_ms:
                    continue
                if any(hit.rule == each.rule for hit in hits):
                    continue
                text = f"The {called} is on the list {each.name}: {entry.reason}"
                hits.append(RuleHit(rule=each.rule, verdict=each.verdict, text=text))
