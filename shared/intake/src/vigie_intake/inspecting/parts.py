"""What a proposal is made of: choices with reasons, questions with answers, notes and problems."""

from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field
from typing import Any, Final

from vigie_intake.inspecting.naming import Sureness
from vigie_intake.profile_catalogue import Draft

TIMELESS: Final = "features of tempo, hour and speed are off"


@dataclass(frozen=True)
class Choice:
    """What one field of a transaction is made of, and why."""

    field: str
    origin: str  # a column, several, or what is always the same
    reason: str
    sureness: Sureness
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True)
class AmbiguityAnswer:
    """One answer to a question, and what it makes of the mapping: path → value, None takes the path away."""

    word: str
    meaning: str
    changes: Mapped[str, Any]


@dataclass(frozen=True)
class Ambiguity:
    """Something that the file does not tell, and the answer that is taken until someone says otherwise."""

    key: str
    field: str
    text: str
    reason: str  # for the answer that is taken
    taken: str
    answers: tuple[AmbiguityAnswer, ...]
    free: str | None = None  # path that takes any other word
    is_answered: bool = False  # a person said so

    def changes(self, word: str) -> Mapped[str, Any] | None:
        """What an answer makes of the mapping; None for a word that is no answer."""
        for answer in self.answers:
            if answer.word.casefold() == word.casefold():
                return answer.changes
        return {self.free: word} if self.free and word else None


@dataclass
class Found:
    """A proposal while it is being made."""

    draft: Draft = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    questions: list[Ambiguity] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)  # each alone is enough that there is no mapping
    settled: frozenset[str] = frozenset()

    def ask(self, question: Ambiguity) -> None:
        """Add a question, unless a profile knows its answer."""
        if question.key not in self.settled:
            self.questions.append(question)

    def note(self, text: str) -> None:
        """Add a sentence, once."""
        if text not in self.notes:
            self.notes.append(text)


def changed(draft: Draft, changes: Mapped[str, Any]) -> Draft:
    """A draft with the values at these paths, such as `amount.decimal`; None takes a value away."""
    result = {name: dict(part) if isinstance(part, dict) else part for name, part in draft.items()}
    for path, value in changes.items():
        name, _, key = path.partition(".")
        if not key:
            if value is None:
                result.pop(name, None)
            else:
                result[name] = value
            continue
        part = result.setdefault(name, {})
        if value is None:
            part.pop(key, None)
        else:
            part[key] = value
    return result
