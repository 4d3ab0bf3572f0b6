"""Values in nested records, and what has to be done to some of them before they can be mapped."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from bridge.refusals import RefusalError
from vigie_schemas import RejectReason

Step = str | int
Path = tuple[Step, ...]
JsonObject = dict[str, object]
Convert = Callable[[object], object]

MAX_DEPTH: Final = 32
_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


@dataclass(frozen=True)
class Correction:
    """What one path's values are turned into; `convert` raises ValueError, TypeError or an arithmetic error."""

    path: Path
    convert: Convert


def path_of(column: str) -> Path:
    """`after.lines[0].amount` as steps, as a mapping's columns are written."""
    return tuple(int(index) if index else name for index, name in _STEP.findall(column))


def written(path: Path) -> str:
    """The path as a mapping writes it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def steps_below(path: Path, needed: Collection[Path]) -> set[Step]:
    """Where a mapping's paths go on from here; none where no path leads through here."""
    depth = len(path)
    return {each[depth] for each in needed if len(each) > depth and each[:depth] == path}


def value_at(record: object, path: Path) -> object:
    """The value, None where there is no such path."""
    for step in path:
        if isinstance(step, int):
            record = record[step] if isinstance(record, list) and step < len(record) else None
        else:
            record = record.get(step) if isinstance(record, Mapping) else None
    return record


def correct(record: JsonObject, corrections: Collection[Correction]) -> None:
    """Put right in place; raises RefusalError with the path where a value is not what its schema says."""
    for correction in corrections:
        *parents, last = correction.path
        holder, value = value_at(record, tuple(parents)), value_at(record, correction.path)
        if value is None:
            continue
        try:
            holder[last] = correction.convert(value)  # pyright: ignore[reportIndexIssue, reportOptionalSubscript]
        except (ValueError, TypeError, ArithmeticError):
            raise RefusalError(RejectReason.WRONG_TYPE, written(correction.path)) from None
