"""Columns that can be a field by their names, each given to one field at most."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from vigie_intake.inspecting.columns import Column
from vigie_intake.inspecting.naming import Named, Sureness, roles_of
from vigie_intake.inspecting.parts import Ambiguity, AmbiguityAnswer, Choice, Found

ALTERNATIVES: Final = 3
_NUMBERED: Final = re.compile(r"(?P<name>.+)#\d+")


@dataclass(frozen=True)
class Candidate:
    """A column that can be a field, and how good its name is."""

    column: Column
    named: Named

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name

    @property
    def reason(self) -> str:
        """Why it is taken."""
        return "it is called so" if self.named.sureness is Sureness.SURE else "its name and its values fit"


class Candidates:
    """All columns of a sample, and what was taken of them."""

    def __init__(self, found: Found, columns: dict[str, Column]) -> None:
        self.found = found
        self.columns = columns
        self._roles = {name: {one.role: one for one in roles_of(name)} for name in columns}
        self._used: set[str] = set()

    @property
    def unused(self) -> list[Column]:
        """Columns that no field has yet."""
        return [column for name, column in self.columns.items() if name not in self._used]

    def roles(self, name: str) -> dict[str, Named]:
        """What a column can be by its name."""
        return self._roles[name]

    def of(self, role: str, fits: Callable[[Column], bool]) -> list[Candidate]:
        """Unused columns that are called so and fit, the best names first; never columns about people."""
        named = [
            Candidate(column, roles[role])
            for column in self.unused
            if role in (roles := self._roles[column.name]) and "person" not in roles
        ]
        fitting = [one for one in named if fits(one.column)]
        return sorted(fitting, key=lambda one: (one.named.sureness is not Sureness.SURE, one.named.rank))

    def take(self, field: str, candidates: Sequence[Candidate]) -> bool:
        """Make the field of the first candidate; the others are alternatives. False where there is none."""
        if not candidates:
            return False
        first, *rest = candidates
        others = [one.name for one in rest]
        self.give(field, {"column": first.name}, [first.name], first.reason, first.named.sureness, others)
        self._ask_which(field, first.name, others)
        return True

    def give(
        self,
        field: str,
        part: dict[str, Any],
        columns: list[str],
        reason: str,
        sureness: Sureness,
        others: Sequence[str] = (),
    ) -> None:
        """Make the field of these columns."""
        self._used.update(columns)
        self.found.draft[field] = part
        self.found.choices.append(Choice(field, " + ".join(columns), reason, sureness, tuple(others[:ALTERNATIVES])))

    def _ask_which(self, field: str, taken: str, others: Sequence[str]) -> None:
        """Two columns of one name: no rule says which is meant."""
        numbered = _NUMBERED.fullmatch(taken)
        if numbered is None:
            return
        alike = [taken, *(name for name in others if name.rpartition("#")[0] == numbered["name"])]
        if len(alike) < 2:
            return
        answers = tuple(AmbiguityAnswer(name, "", {f"{field}.column": name}) for name in alike)
        text = f"The column {numbered['name']} is there {len(alike)} times. Which one is the {field}?"
        self.found.ask(Ambiguity(f"which_{field}", field, text, "it is the first one", taken, answers))
