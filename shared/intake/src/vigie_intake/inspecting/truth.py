"""The label and the status of a proposal: which words mean what."""

from typing import Final

from vigie_intake.inspecting.columns import Column
from vigie_intake.inspecting.naming import Sureness
from vigie_intake.inspecting.parts import Ambiguity, AmbiguityAnswer, Choice, Found
from vigie_intake.inspecting.words import counterparts, means
from vigie_runtime.parquet_columns import ColumnKind

MAX_WORDS: Final = 12
_MAX_STATUS_WORDS: Final = 40


def could_be_label(column: Column) -> bool:
    """Whether a column has few enough words to be a truth; scores and texts have more."""
    return 0 < len(column.counts) <= MAX_WORDS and column.kind is not ColumnKind.TIME


def read_label(found: Found, columns: dict[str, Column]) -> None:
    """Sort the words of the label's column into fraud and legitimate, and ask where they are not known."""
    part = found.draft.get("label")
    if part is None or part["column"] not in columns:
        return
    column = columns[part["column"]]
    words = {_plain(word): count for word, count in column.counts.items()}
    given = {word.casefold() for key in ("fraud", "legitimate") for word in part.get(key, ())}
    fraud = [word for word in words if means(word, "fraud") and word.casefold() not in given]
    legitimate = [word for word in words if means(word, "legitimate") and word.casefold() not in given]
    unknown = [word for word in words if word.casefold() not in given and word not in (*fraud, *legitimate)]
    known = [*fraud, *legitimate, *given]
    if len(words) == 2 and len(unknown) in (1, 2) and (len(unknown) == 2 or words.keys() == {"1", "-1"}):
        _ask(found, column.name, words)
        return
    if known and not given:
        part["fraud"] = fraud or counterparts(legitimate, "fraud")
        part["legitimate"] = legitimate or counterparts(fraud, "legitimate")
        if not fraud or not legitimate:
            absent, words = ("fraud", part["fraud"]) if not fraud else ("legitimate", part["legitimate"])
            found.note(
                f"No row that was read is {absent} by {column.name}; {_listed(words)} is taken as the word for it."
            )
    if unknown:
        found.note(
            f"{column.name} has {_listed(unknown)}, which is no known word for fraud or not; these rows are refused."
        )
    if column.empty_share:
        found.note(f"{column.name} is empty in {column.empty_share:.0%} of the rows: their label is unknown.")


def _ask(found: Found, name: str, words: dict[str, int]) -> None:
    rarer, other = sorted(words, key=lambda word: (words[word], word == "-1"))
    answers = (
        AmbiguityAnswer(
            rarer, f"{rarer} is fraud, {other} is not", {"label.fraud": [rarer], "label.legitimate": [other]}
        ),
        AmbiguityAnswer(
            other, f"{other} is fraud, {rarer} is not", {"label.fraud": [other], "label.legitimate": [rarer]}
        ),
    )
    found.draft["label"] |= {"fraud": [rarer], "legitimate": [other]}
    reason = "it is the rarer one" if words[rarer] < words[other] else "both are as frequent; the first is taken"
    found.ask(Ambiguity("label", "label", f"Which word of {name} means fraud?", reason, rarer, answers))


def read_status(found: Found, column: Column) -> None:
    """Leave out rows that are pending, and say which words of a status are kept."""
    if not 0 < len(column.counts) <= _MAX_STATUS_WORDS:
        return
    pending = [word for word in column.counts if means(word, "pending")]
    undone = [word for word in column.counts if means(word, "undone")]
    if pending:
        drop = {"column": column.name, "values": pending, "reason": "pending"}
        found.draft.setdefault("drop", []).append(drop)
        reason = f"{_listed(pending)} is not booked yet, and may come again when it is"
        found.choices.append(Choice("drop", column.name, reason, Sureness.LIKELY))
    if undone:
        found.note(
            f"{column.name} has {_listed(undone)}. Such rows are kept, as attempts tell something too; "
            "a [[drop]] in the mapping leaves them out."
        )


def _plain(word: str) -> str:
    return word.removesuffix(".0")


def _listed(words: list[str]) -> str:
    return ", ".join(words[:4]) + (", …" if len(words) > 4 else "")
