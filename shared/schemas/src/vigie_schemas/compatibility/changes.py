"""What a changed contract does to those who read and write it, in sentences."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vigie_schemas.compatibility.alternatives import JsonSchema
from vigie_schemas.compatibility.contracts import Contract
from vigie_schemas.compatibility.refusals import Incompatibility, refusals

OTHER_TEXTS = ('may be other than "', 'may be "')
"""How the problem of a text begins that may be more than the texts it was read as."""


@dataclass(frozen=True)
class ContractChange:
    """The effects of one contract's change."""

    breaks: tuple[str, ...] = ()
    """Sentences: what no order of rolling out helps against."""
    orders: tuple[str, ...] = ()
    """Sentences: what is safe in one order of rolling out only."""


def change_of(contract: Contract, old: JsonSchema, new: JsonSchema) -> ContractChange:
    """Compare a contract's schema with its earlier one, in both directions.

    New readers meet old records as long as these are kept, whatever is rolled out first: a refusal there is a break.
    Old readers meet new records only where a writer is rolled out before them, unless they are not Vigie's own.
    """
    refused_by_new = refusals(old, new)
    found = refusals(new, old)
    expected = [one for one in found if one.path in contract.open_lists and one.problem.startswith(OTHER_TEXTS)]
    refused_by_old = [one for one in found if one not in expected]
    notes = tuple(_note(contract, path) for path in sorted({one.path for one in expected}))
    breaks = [_sentence(contract, "new readers", "old records", refusal) for refusal in refused_by_new]
    of_old = [_sentence(contract, "old readers", "new records", refusal) for refusal in refused_by_old]
    if breaks:
        breaks.append(
            f"{contract.name}: old records are kept in {contract.place} for {contract.kept}. {how_to_raise(contract)}"
        )
        return ContractChange((*breaks, *of_old))
    if of_old and contract.outside_readers:
        return ContractChange(
            (*of_old, f"{contract.name}: {contract.outside_readers} are readers too. {how_to_raise(contract)}")
        )
    if of_old or notes:
        return ContractChange(orders=(*of_old, *notes, _order(contract)))
    return ContractChange()


def _note(contract: Contract, path: str) -> str:
    readers = f"{contract.outside_readers} have" if contract.outside_readers else "readers have"
    return (
        f"{contract.name}: {path} may be a code of {contract.open_lists[path]} that it could not be before: {readers} "
        "to expect codes that they do not know."
    )


def _order(contract: Contract) -> str:
    """A service that writes and reads comes with the writers: it reads nothing newer than its own."""
    readers = [name for name in contract.consumers if name not in contract.producers]
    if not readers:
        return f"{contract.name}: {_listed(contract.producers)} alone reads it, so there is no order to keep."
    return f"{contract.name}: roll out {_listed(readers)} before {_listed(contract.producers)}."


def missing_contracts(base: Iterable[str], current: Iterable[str]) -> list[str]:
    """Sentences on contracts of the base that are gone without a successor which the base had too.

    Names are like `Alert.v1`.
    """
    before, now = set(base), set(current)
    found = []
    for name in sorted(before - now):
        kind, version = _name_and_version(name)
        if not any(other == kind and number > version for other, number in map(_name_and_version, before)):
            found.append(
                f"{name} is gone: keep it beside {kind}.v{version + 1} until that one has been released and no record "
                f"of {name} is kept any more."
            )
    return found


def changes(base: Mapping[str, JsonSchema], contracts: Iterable[Contract]) -> list[ContractChange]:
    """All effects of the step from the base's schemas, by name like `Alert.v1`, to these contracts."""
    current = {contract.name: contract for contract in contracts}
    compared = [
        change_of(contract, base[name], contract.schema()) for name, contract in current.items() if name in base
    ]
    return [*compared, ContractChange(tuple(missing_contracts(base, current)))]


def how_to_raise(contract: Contract) -> str:
    """How a contract is broken without breaking anybody."""
    kind, version = _name_and_version(contract.name)
    later = version + 1
    return (
        f"Leave {contract.name} as it was and add {kind}.v{later} beside it: a class {kind}V{later} whose "
        f"schema_version is {later}, with a topic of its own in vigie_schemas/topics.py, written and read beside the "
        f"old one until no record of {contract.name} is kept (shared/schemas/README.md)."
    )


def _sentence(contract: Contract, readers: str, records: str, refusal: Incompatibility) -> str:
    verb = "misread" if refusal.is_misread else "refuse"
    return f"{contract.name}: {readers} {verb} {records}, in which {refusal.path or 'the record'} {refusal.problem}."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _name_and_version(name: str) -> tuple[str, int]:
    found = re.fullmatch(r"(\w+)\.v([0-9]+)", name)
    return (found[1], int(found[2])) if found else (name, 0)
