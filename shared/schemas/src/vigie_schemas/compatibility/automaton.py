"""Finite automata over characters, of expressions that are built from parts (Thompson's construction)."""

from dataclasses import dataclass, field
from typing import Final

LAST_CODE_POINT: Final = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]
"""Code points from and to, both included."""
ANY_CHARACTER: Final[Ranges] = ((0, LAST_CODE_POINT),)


@dataclass
class Automaton:
    """Moves by a character, and moves by none; states are numbered."""

    start: int = 0
    accepting: int = 0
    by_character: dict[int, list[tuple[Ranges, int]]] = field(default_factory=dict)
    by_none: dict[int, list[int]] = field(default_factory=dict)
    states: int = 0

    def new(self) -> int:
        """Another state."""
        self.states += 1
        return self.states

    def move(self, source: int, target: int, ranges: Ranges | None = None) -> None:
        """Let `source` lead to `target`, by a character of the ranges or by none."""
        if ranges is None:
            self.by_none.setdefault(source, []).append(target)
        else:
            self.by_character.setdefault(source, []).append((ranges, target))

    def ranges(self) -> list[Ranges]:
        """All ranges of its moves."""
        return [ranges for moves in self.by_character.values() for ranges, _ in moves]

    def closure(self, states: set[int]) -> frozenset[int]:
        """These states and all that they lead to without a character."""
        found, waiting = set(states), list(states)
        while waiting:
            for target in self.by_none.get(waiting.pop(), ()):
                if target not in found:
                    found.add(target)
                    waiting.append(target)
        return frozenset(found)

    def step(self, states: frozenset[int], character: int) -> frozenset[int]:
        """Where a character leads from any of these states."""
        return self.closure(
            {
                target
                for state in states
                for ranges, target in self.by_character.get(state, ())
                if any(low <= character <= high for low, high in ranges)
            }
        )


def all_but(ranges: Ranges) -> Ranges:
    """All code points that are not in the ranges."""
    found, begin = [], 0
    for low, high in sorted(ranges):
        if low > begin:
            found.append((begin, low - 1))
        begin = max(begin, high + 1)
    if begin <= LAST_CODE_POINT:
        found.append((begin, LAST_CODE_POINT))
    return tuple(found)
