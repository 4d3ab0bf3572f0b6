"""What the gateway answered, one entry for each call, in the order of the answers."""

import json
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, get_args

import numpy as np
import numpy.typing as npt

from vigie_loadtests.latency.readings import Integers
from vigie_schemas.verdict import VERDICTS_BY_STRICTNESS, Basis

OK: Final = 200
PREFIX: Final = "call-"
BASES: Final[tuple[str, ...]] = get_args(Basis)
UNKNOWN: Final = -1
"""In place of a verdict or a basis that was not given, or that the contract does not have."""
_BASIS_CODES: Final = {name: code for code, name in enumerate(BASES)}
_VERDICT_CODES: Final = {name: code for code, name in enumerate(VERDICTS_BY_STRICTNESS)}


@dataclass(frozen=True)
class CallAnswers:
    """Arrays with an element a call; moments in µs since the epoch."""

    numbers: Integers
    due_us: Integers
    """When each was meant to be made."""
    sent_us: Integers
    """When it was: later where the client was busy, or all callers were waiting."""
    answered_us: Integers
    statuses: Integers
    """HTTP status; 0 where the connection failed."""
    is_own: Integers
    """1 where the answer names the call's own transaction."""
    bases: Integers
    """Places in BASES."""
    verdicts: Integers
    """Places in VERDICTS_BY_STRICTNESS."""
    spent_us: Integers
    """What the gateway says that it took."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file that AnswerLog wrote."""
        with np.load(path) as arrays:
            return cls(**{name: arrays[name] for name in cls.__dataclass_fields__})

    def since(self, moment_us: int) -> Self:
        """Calls that were meant to be made from a moment on."""
        return self._rows(self.due_us >= moment_us)

    def answered(self) -> Self:
        """Calls with a verdict, by status."""
        return self._rows(self.statuses == OK)

    @property
    def latencies_ms(self) -> npt.NDArray[np.float64]:
        """From the moment each call was due until its answer was there; a row for each call."""
        return (self.answered_us - self.due_us) / 1000

    def _rows(self, chosen: npt.NDArray[np.bool_]) -> Self:
        return type(self)(**{name: getattr(self, name)[chosen] for name in self.__dataclass_fields__})


class AnswerLog:
    """Takes answers as they come; a few microseconds each, as it works in the process that makes the calls."""

    def __init__(self) -> None:
        self._columns = {name: array("q") for name in CallAnswers.__dataclass_fields__}

    def add(self, number: int, moments_ns: tuple[int, int, int], status: int, content: bytes | None) -> None:
        """Note an answer; `moments_ns`: when the call was due, made, and answered."""
        answer = parsed(content) if status == OK else {}
        due_ns, sent_ns, answered_ns = moments_ns
        columns = self._columns
        columns["numbers"].append(number)
        columns["due_us"].append(due_ns // 1000)
        columns["sent_us"].append(sent_ns // 1000)
        columns["answered_us"].append(answered_ns // 1000)
        columns["statuses"].append(status)
        columns["is_own"].append(answer.get("transaction_id") == f"{PREFIX}{number}")
        columns["bases"].append(_BASIS_CODES.get(answer.get("basis", ""), UNKNOWN))
        columns["verdicts"].append(_VERDICT_CODES.get(answer.get("verdict", ""), UNKNOWN))
        columns["spent_us"].append(int(1000 * answer.get("spent_ms", 0)))

    def write(self, path: Path) -> None:
        """Save as arrays for the report."""
        np.savez(path, **{name: np.array(column) for name, column in self._columns.items()})  # pyright: ignore[reportArgumentType]


def parsed(content: bytes | None) -> dict[str, Any]:
    """The answer's JSON object; empty where it is none."""
    try:
        found = json.loads(content or b"")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
