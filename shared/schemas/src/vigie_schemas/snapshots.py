"""Snapshots of each contract's JSON Schema: what a change to a contract is compared with."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vigie_schemas.compatibility.alternatives import JsonSchema
from vigie_schemas.compatibility.base_commit import Base, schemas_in
from vigie_schemas.compatibility.changes import changes
from vigie_schemas.compatibility.contracts import CONTRACTS, Contract


@dataclass(frozen=True)
class ContractChanges:
    """What is wrong with the contracts as they are now, and what is to be known."""

    problems: tuple[str, ...]
    notes: tuple[str, ...]


def write_snapshots(folder: Path, contracts: Iterable[Contract] = CONTRACTS) -> None:
    """Write one file a contract and remove those of contracts that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    names = set()
    for contract in contracts:
        names.add(contract.file_name)
        (folder / contract.file_name).write_text(json.dumps(contract.schema(), indent=2, sort_keys=True) + "\n")
    for path in folder.glob("*.schema.json"):
        if path.name not in names:
            path.unlink()


def outdated_snapshots(folder: Path, contracts: Iterable[Contract] = CONTRACTS) -> list[str]:
    """One sentence for each contract whose snapshot on disk is not as the contract."""
    on_disk = schemas_in(folder)
    current = {contract.name: contract.schema() for contract in contracts}
    found = [f"{name} has no snapshot: run `make schemas`." for name in sorted(current.keys() - on_disk.keys())]
    found += [
        f"{name} has a snapshot but no contract: run `make schemas`."
        for name in sorted(on_disk.keys() - current.keys())
    ]
    found += [
        f"{name} differs from its snapshot: run `make schemas`."
        for name in sorted(current.keys() & on_disk.keys())
        if on_disk[name] != json.loads(json.dumps(current[name]))
    ]
    return found


def compare_with_base(folder: Path, base: Base, contracts: Iterable[Contract] = CONTRACTS) -> ContractChanges:
    """Breaks since the base, and in which order to roll out; without a base, since the snapshots on disk."""
    earlier: tuple[Mapping[str, JsonSchema], ...] = base.schemas or (schemas_in(folder),)
    known = list(contracts)
    found = [change for schemas in earlier for change in changes(schemas, known)]
    return ContractChanges(
        problems=tuple(dict.fromkeys(sentence for change in found for sentence in change.breaks)),
        notes=tuple(dict.fromkeys(sentence for change in found for sentence in change.orders)),
    )
