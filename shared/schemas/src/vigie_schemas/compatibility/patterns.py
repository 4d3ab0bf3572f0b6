"""Whether each text that fits one regular expression fits another: by finite automata, not by trying texts."""

from collections.abc import Iterable
from typing import Final

from vigie_schemas.compatibility.automaton import LAST_CODE_POINT, Ranges
from vigie_schemas.compatibility.expressions import PatternNotUnderstoodError, automaton_of

MAX_STATE_PAIRS: Final = 50_000


def fits_within(narrow: str, wide: str) -> bool:
    """Whether every text in which `narrow` is found has `wide` in it too.

    Raises PatternNotUnderstoodError for what is not modelled: lookarounds, references, lazy repeats,
    escaped classes other than digits, word boundaries.
    """
    first, second = automaton_of(narrow), automaton_of(wide)
    characters = _representatives([*first.ranges(), *second.ranges()])
    begin = (first.closure({first.start}), second.closure({second.start}))
    seen, waiting = {begin}, [begin]
    while waiting:
        left, right = waiting.pop()
        if first.accepting in left and second.accepting not in right:
            return False
        for character in characters:
            moved = first.step(left, character)
            if moved:
                pair = (moved, second.step(right, character))
                if pair not in seen:
                    seen.add(pair)
                    waiting.append(pair)
        if len(seen) > MAX_STATE_PAIRS:
            raise PatternNotUnderstoodError(f"{narrow} and {wide} are too large to compare")
    return True


def _representatives(ranges: Iterable[Ranges]) -> list[int]:
    """One code point for each set of those that no range tells apart."""
    cuts = {0}
    for parts in ranges:
        for low, high in parts:
            cuts |= {low, high + 1}
    return sorted(cut for cut in cuts if cut <= LAST_CODE_POINT)
