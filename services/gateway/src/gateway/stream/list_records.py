"""What a record of the lists' topic says, or why it is refused, in words that do not repeat what it holds."""

from collections.abc import Iterable
from typing import Final

from confluent_kafka import Message
from pydantic import ValidationError

from gateway.policy.reading.kinds import BY, REASON, UnfitError, ValueKind
from gateway.policy.topic_lists import ListChange
from vigie_schemas import ListedValue, is_account_number
from vigie_schemas.listed_value import REMOVED_BY_HEADER, parts_of

Headers = Iterable[tuple[str, str | bytes | None]]

WRONG_KEY: Final = "its key is not LIST/VALUE of what it holds"


class RefusedListRecordError(ValueError):
    """The record changes nothing; the text says why."""


def change_of(message: Message) -> ListChange:
    """What a record says; raises RefusedListRecordError."""
    headers: Headers = message.headers() or ()  # pyright: ignore[reportAssignmentType] - a dict only when written
    return list_change(message.key(), message.value(), headers)


def list_change(key: str | bytes | None, value: str | bytes | None, headers: Headers = ()) -> ListChange:
    """As `change_of`, of a record's parts."""
    name = _text(key)
    if value is None:
        return ListChange(*parts_of(name), listed=None, by=_removed_by(headers))
    try:
        listed = ListedValue.model_validate_json(value)
    except ValidationError as error:
        raise RefusedListRecordError(_first_problem(error)) from None
    if listed.key != name:
        raise RefusedListRecordError(WRONG_KEY)
    _require("reason", REASON, listed.reason)
    _require("by", BY, listed.by)
    return ListChange(listed.list_name, listed.value, listed, listed.by)


def _first_problem(error: ValidationError) -> str:
    # not the error's own text: it quotes the record
    problem = error.errors(include_input=False, include_context=False, include_url=False)[0]
    field = ".".join(map(str, problem["loc"]))
    text = problem["msg"].removeprefix("Value error, ")
    return f"{field}: {text}" if field else text


def _require(name: str, kind: ValueKind[str], text: str) -> None:
    try:
        kind.read(text)
    except UnfitError:
        raise RefusedListRecordError(f"{name} must be {kind.words}") from None


def _removed_by(headers: Headers) -> str | None:
    """The name in the header, where it is one that a log may show."""
    name = next((_text(value) for header, value in headers if header == REMOVED_BY_HEADER), "")
    try:
        return None if is_account_number(name) else BY.read(name)
    except UnfitError:
        return None


def _text(raw: str | bytes | None) -> str:
    return raw.decode(errors="replace") if isinstance(raw, bytes) else raw or ""
