"""Regular expressions as automata: the part of the language that the contracts use."""

from typing import Final

from vigie_schemas.compatibility.automaton import ANY_CHARACTER, Automaton, Ranges, all_but

MAX_REPEATS: Final = 1000
DIGITS: Final[Ranges] = ((48, 57),)
CONTROL: Final = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}


class PatternNotUnderstoodError(Exception):
    """The expression uses something that these automata do not model."""


def automaton_of(pattern: str) -> Automaton:
    """The automaton of all texts in which the pattern is found; raise PatternNotUnderstoodError."""
    automaton = Automaton()
    automaton.start, automaton.accepting = _Parser(pattern, automaton).search()
    return automaton


Part = tuple[int, int]
"""First and last state of a part of the expression."""


class _Parser:
    """Recursive descent over the expression; each method adds states and returns its part."""

    def __init__(self, pattern: str, automaton: Automaton) -> None:
        self._text = pattern
        self._at = 0
        self._automaton = automaton

    def search(self) -> Part:
        """Alternatives at the top, each anchored or free at either end."""
        first, last = self._automaton.new(), self._automaton.new()
        while True:
            begin, end = self._automaton.new(), self._automaton.new()
            self._automaton.move(first, begin)
            self._automaton.move(end, last)
            if not self._take("^"):
                self._automaton.move(begin, begin, ANY_CHARACTER)
            inner = self._sequence()
            self._automaton.move(begin, inner[0])
            self._automaton.move(inner[1], end)
            if not self._take("$"):
                self._automaton.move(end, end, ANY_CHARACTER)
            if not self._take("|"):
                break
        if self._at < len(self._text):
            raise PatternNotUnderstoodError(f"{self._text[self._at :]!r} in {self._text}")
        return first, last

    def _take(self, character: str) -> bool:
        is_there = self._text.startswith(character, self._at)
        self._at += len(character) if is_there else 0
        return is_there

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise PatternNotUnderstoodError(f"{self._text} ends too early")
        self._at += 1
        return self._text[self._at - 1]

    def _choice(self) -> Part:
        first, last = self._automaton.new(), self._automaton.new()
        while True:
            inner = self._sequence()
            self._automaton.move(first, inner[0])
            self._automaton.move(inner[1], last)
            if not self._take("|"):
                return first, last

    def _sequence(self) -> Part:
        first = last = self._automaton.new()
        while self._at < len(self._text) and self._text[self._at] not in "|)$":
            begin, end = self._repeated()
            self._automaton.move(last, begin)
            last = end
        return first, last

    def _repeated(self) -> Part:
        atom = self._at
        part = self._atom()
        least, most = self._count()
        if self._at < len(self._text) and self._text[self._at] in "?+*{":
            raise PatternNotUnderstoodError(f"a repeat of a repeat in {self._text}")
        if (least, most) == (1, 1):
            return part
        after = self._at
        first = last = self._automaton.new()
        end = self._automaton.new()
        for number in range(max(least, most or least)):
            self._at = atom  # each repeat has states of its own
            begin, until = self._atom()
            if number >= least:
                self._automaton.move(last, end)
            self._automaton.move(last, begin)
            last = until
        self._automaton.move(last, end)
        if most is None:
            self._at = atom
            begin, until = self._atom()
            self._automaton.move(end, begin)
            self._automaton.move(until, end)
        self._at = after
        return first, end

    def _count(self) -> tuple[int, int | None]:
        if self._take("*"):
            return 0, None
        if self._take("+"):
            return 1, None
        if self._take("?"):
            return 0, 1
        if not self._take("{"):
            return 1, 1
        inside, closed, _ = self._text[self._at :].partition("}")
        self._at += len(inside) + 1
        least, comma, most = inside.partition(",")
        if not closed or not least.isdigit() or (most and not most.isdigit()):
            raise PatternNotUnderstoodError(f"{{{inside} in {self._text}")
        upper = int(most) if most else (None if comma else int(least))
        if upper is not None and upper < int(least):
            raise PatternNotUnderstoodError(f"{{{inside}}} in {self._text}")
        if max(int(least), upper or 0) > MAX_REPEATS:
            raise PatternNotUnderstoodError(f"more than {MAX_REPEATS} repeats in {self._text}")
        return int(least), upper

    def _atom(self) -> Part:
        if self._take("("):
            if self._take("?") and not self._take(":"):
                raise PatternNotUnderstoodError(f"(? in {self._text}")
            inner = self._choice()
            if not self._take(")"):
                raise PatternNotUnderstoodError(f"{self._text} does not close a group")
            return inner
        first, last = self._automaton.new(), self._automaton.new()
        self._automaton.move(first, last, self._characters())
        return first, last

    def _characters(self) -> Ranges:
        character = self._next()
        if character == "[":
            return self._class()
        if character == ".":
            return all_but(((10, 10),))
        if character == "\\":
            return self._escaped()
        if character in "^*+?{}":
            raise PatternNotUnderstoodError(f"{character!r} in the middle of {self._text}")
        return _one(character)

    def _escaped(self) -> Ranges:
        character = self._next()
        if character == "d":
            return DIGITS
        if character in CONTROL:
            return _one(CONTROL[character])
        if character.isalnum():
            raise PatternNotUnderstoodError(f"\\{character} in {self._text}")
        return _one(character)

    def _class(self) -> Ranges:
        is_negated = self._take("^")
        if self._text.startswith("]", self._at):
            raise PatternNotUnderstoodError(f"an empty class in {self._text}")
        found: list[tuple[int, int]] = []
        while not self._take("]"):
            low = self._escaped() if self._take("\\") else _one(self._next())
            if self._text.startswith("-", self._at) and not self._text.startswith("-]", self._at):
                self._at += 1
                high = self._escaped() if self._take("\\") else _one(self._next())
                found.append((low[0][0], high[0][1]))
            else:
                found.extend(low)
        return all_but(tuple(found)) if is_negated else tuple(found)


def _one(character: str) -> Ranges:
    return ((ord(character), ord(character)),)
