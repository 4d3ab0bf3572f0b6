"""A mapping proposed for a source: which column is which field, why, and what its values do not tell."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from vigie_intake.inspecting.choosing import choose
from vigie_intake.inspecting.columns import Column
from vigie_intake.inspecting.naming import Sureness
from vigie_intake.inspecting.naming_parts import can_name, read_account, read_counterparty
from vigie_intake.inspecting.parts import Ambiguity, AmbiguityAnswer, Choice, Found, changed
from vigie_intake.inspecting.paying import read_paying
from vigie_intake.inspecting.timing import read_timing
from vigie_intake.inspecting.truth import read_label, read_status
from vigie_intake.mapping import Layout, Mapping
from vigie_intake.profile_catalogue import Draft, Match, columns_of, fields_of, mapping_of, recognise
from vigie_intake.statements.mappings import statement_mapping
from vigie_intake.statements.recognition import KINDS
from vigie_runtime import InputError

__all__ = ["Ambiguity", "AmbiguityAnswer", "Choice", "Proposal", "Sureness", "propose"]


@dataclass(frozen=True)
class Proposal:
    """A mapping, or what is missing for one; questions have an answer that was taken."""

    draft: Draft
    choices: tuple[Choice, ...] = ()
    questions: tuple[Ambiguity, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    profile: str | None = None  # its title
    why: str | None = None  # it was taken for that profile

    @property
    def mapping(self) -> Mapping | None:
        """The mapping with the answers taken; None while something is missing."""
        return None if self.problems else mapping_of(self.draft)

    def answered(self, key: str, word: str) -> "Proposal":
        """The same with another answer to one question; raises InputError for a word that is no answer to it."""
        question = next((one for one in self.questions if one.key == key), None)
        if question is None:
            raise InputError(f"There is no question {key}; there are {', '.join(one.key for one in self.questions)}.")
        changes = question.changes(word.strip())
        if changes is None:
            choices = ", ".join(answer.word for answer in question.answers)
            raise InputError(f"{word!r} is no answer to: {question.text} Give one of: {choices}.")
        answered = replace(question, taken=word.strip(), is_answered=True)
        questions = tuple(answered if one is question else one for one in self.questions)
        draft = changed(self.draft, changes)
        problems = tuple(one for one in self.problems if not (key == question.field and one.startswith(NO_FIELD[key])))
        choices = _chosen_again(self.choices, question, draft)
        return replace(self, draft=draft, choices=choices, questions=questions, problems=problems)


NO_FIELD = {
    "timestamp": "No column holds the time of a payment",
    "account_id": "No column names the account",
    "amount": "No column holds the amount",
}
"""How a problem begins, by the field that is missing."""


def propose(columns: Sequence[Column], kind: str, layout: Layout = Layout()) -> Proposal:  # noqa: B008 - immutable
    """A mapping for a source of these columns and this kind, from the values of the part that was looked at."""
    if kind in KINDS:
        draft = statement_mapping(kind).model_dump(mode="json", exclude_defaults=True)
        choices = _choices_of(draft, f"every {kind} has it")
        return Proposal(draft, choices, profile=kind, why=f"the file is a statement of the kind {kind}")
    match = recognise([column.name for column in columns])
    if match is not None and match.profile.refused:
        problem = f"This is the {match.profile.title}, which cannot be used: {match.profile.refused}."
        return Proposal({}, problems=(problem,), profile=match.profile.title, why=match.reason)
    found = Found() if match is None else _from_profile(match)
    if given := layout.model_dump(exclude_none=True):
        found.draft["layout"] = given
    by_name = {column.name: column for column in columns}
    if match is None:
        status = choose(found, by_name)
        _complain(found, list(columns))
        if status is not None:
            read_status(found, status)
    read_timing(found, by_name)
    read_paying(found, by_name)
    read_account(found, by_name)
    read_counterparty(found, by_name)
    read_label(found, by_name)
    return Proposal(
        found.draft,
        tuple(found.choices),
        tuple(found.questions),
        tuple(found.notes),
        tuple(found.problems),
        match.profile.title if match else None,
        match.reason if match else None,
    )


def _from_profile(match: Match) -> Found:
    found = Found(draft=match.draft, settled=frozenset(match.profile.settled))
    found.choices += _choices_of(match.draft, "by the profile")
    for note in match.profile.notes:
        found.note(note)
    return found


def _choices_of(draft: Draft, reason: str) -> tuple[Choice, ...]:
    return tuple(Choice(name, _origin(draft[name]), reason, Sureness.SURE) for name in fields_of(draft))


def _origin(part: dict[str, object]) -> str:
    return " + ".join(columns_of(part)) or f"always {part.get('constant')}"


def _chosen_again(choices: tuple[Choice, ...], question: Ambiguity, draft: Draft) -> tuple[Choice, ...]:
    """The choices, where an answer names another origin for a field."""
    if question.key not in (question.field, f"which_{question.field}") or question.field == "label":
        return choices
    choice = Choice(question.field, _origin(draft[question.field]), "it was answered so", Sureness.SURE)
    return (*(one for one in choices if one.field != question.field), choice)


def _complain(found: Found, columns: list[Column]) -> None:
    """What is missing for a mapping, and for the account what may be answered."""
    if "timestamp" not in found.draft:
        found.problems.append(f"{NO_FIELD['timestamp']}. Name it in the mapping: timestamp.column, and its format.")
    if "amount" not in found.draft:
        found.problems.append(
            f"{NO_FIELD['amount']}. Name it in the mapping: amount.column, or amount.debit and .credit."
        )
    if "account_id" in found.draft:
        return
    found.problems.append(
        f'{NO_FIELD["account_id"]}. If the file is of one account, write account_id = {{ constant = "NAME" }} in the '
        "mapping; else name the column that tells accounts apart."
    )
    used = {name for part in found.draft.values() for name in columns_of(part)}
    able = [column for column in columns if column.name not in used and can_name(column) and column.repeats]
    answers = tuple(
        AmbiguityAnswer(
            column.name, f"its {len(column.counts):,} values are accounts", {"account_id": {"column": column.name}}
        )
        for column in able[:6]
    )
    text = "Which column names the account? If the file is of one account, give the account a name."
    found.ask(
        Ambiguity(
            "account_id",
            "account_id",
            text,
            "without an account there is no mapping",
            "",
            answers,
            free="account_id.constant",
        )
    )


def as_columns(table: pa.Table) -> list[Column]:
    """The columns of a sample."""
    names = table.column_names
    arrays = [table.column(index).combine_chunks() for index in range(table.num_columns)]
    plain = [
        array.chunk(0) if isinstance(array, pa.ChunkedArray) and array.num_chunks == 1 else array for array in arrays
    ]
    return [Column(name, array) for name, array in zip(names, plain, strict=True)]
