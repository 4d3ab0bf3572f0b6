"""Mappings as TOML: read with errors that say where and what is allowed, and written so that a person can go on."""

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import pyarrow as pa
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from vigie_intake.fields.mapping_keys import keys_at
from vigie_intake.fields.times import TimeReader
from vigie_intake.mapping import Amount, LabelWords, Name, Number, Text, Timestamp, TruthWords
from vigie_intake.mapping import Mapping as TransactionMapping
from vigie_runtime import ConfigurationError, InputError

MAX_BYTES: Final = 1_000_000
OWN_TIMES: Final = ("ts", "timestamp", "timestamp_ms")
"""Names of the column of times, the one that is taken before the others first."""
OWN_TEXTS: Final = ("transaction_id", "category", "country", "scenario", "channel", "direction", "ip_country")

_BARE_KEY: Final = re.compile("[A-Za-z0-9_-]+")


def read_mapping(path: Path) -> TransactionMapping:
    """The mapping of a TOML file; raises InputError that says where it is wrong and what is allowed there."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"The mapping {path} cannot be read: {error.strerror or error}.") from None
    if len(content) > MAX_BYTES:
        raise InputError(f"{path.name} is too large for a mapping. Give the TOML file that vigie inspect wrote.")
    try:
        return mapping_of_text(content.decode("utf-8-sig"), path.name)
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8 text. Give the TOML file that vigie inspect wrote.") from None


def mapping_of_text(text: str, source: str) -> TransactionMapping:
    """The mapping of TOML text; `source` is what errors call it. Raises InputError."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{source} is no TOML: {error}.") from None
    try:
        mapping = TransactionMapping.model_validate(values)
        TimeReader(mapping.timestamp)
    except ConfigurationError as error:
        raise InputError(f"{source}, timestamp{_line(text, ('timestamp',))}: {error}") from None
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        more = f" ({len(found) - 1} more are wrong.)" if len(found) > 1 else ""
        raise InputError(f"{source}, {_sentence(found[0], text)}{more}") from None
    return mapping


def mapping_text(mapping: TransactionMapping, comments: Mapping[str, str] | None = None) -> str:
    """TOML from which `mapping_of_text` makes the same mapping; `comments` stand above the field of their name.

    The comment of the empty name stands at the beginning.
    """
    comments = comments or {}
    values = mapping.model_dump(mode="json", exclude_defaults=True)
    lines = [*_comment(comments.get("", "")), f"version = {mapping.version}"]
    if mapping.profile is not None:
        lines.append(f"profile = {_value(mapping.profile)}")
    for name, part in values.items():
        if isinstance(part, dict):
            lines += ["", *_comment(comments.get(name, "")), *_table(name, part)]
    for place, drop in enumerate(values.get("drop", ())):
        lines += ["", *(_comment(comments.get("drop", "")) if not place else []), "[[drop]]", *_pairs(drop)]
    return "\n".join(lines) + "\n"


def own_columns_mapping(schema: pa.Schema, currency: str = "EUR") -> TransactionMapping | None:
    """The mapping for a source that has the contract's own column names; None where one that is needed is missing.

    `currency` is meant where the source has none.
    """
    there = set(schema.names)
    time = next((name for name in OWN_TIMES if name in there), None)
    if time is None or not {"account_id", "amount"} <= there:
        return None
    parts: dict[str, Any] = {
        "timestamp": Timestamp(column=time, format="milliseconds" if time == "timestamp_ms" else None),
        "account_id": Name(column="account_id"),
        "amount": Amount(column="amount"),
        "currency": Text(column="currency", default=currency) if "currency" in there else Text(constant=currency),
        "card_present": TruthWords(column="card_present"),
        "label": LabelWords(column="label"),
        **{name: Name(column=name) for name in ("merchant_id", "device_id", "payee_id")},
        **{name: Number(column=name) for name in ("lat", "lon")},
        **{name: Text(column=name) for name in OWN_TEXTS},
    }
    own = ("timestamp", "currency")
    return TransactionMapping(**{name: part for name, part in parts.items() if name in own or name in there})


def _sentence(error: ErrorDetails, text: str) -> str:
    path = tuple(error["loc"])
    where = f"{_path(path) or 'the mapping'}{_line(text, path)}"
    parent, name = path[:-1], str(path[-1]) if path else ""
    if error["type"] == "extra_forbidden":
        allowed = keys_at(parent)
        near = difflib.get_close_matches(name, allowed, 1)
        meant = f"did you mean {near[0]}? " if near else ""
        return f"{where}: this is not known; {meant}Known there: {', '.join(allowed)}."
    if error["type"] == "missing":
        return f"{where}: it is missing. Add it; {_path(parent) or 'a mapping'} can have {', '.join(keys_at(parent))}."
    message = error["msg"].removeprefix("Value error, ").removesuffix(" after validation, not 0")
    return f"{where}: {message[:1].lower()}{message[1:]}."


def _path(path: tuple[int | str, ...]) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")


def _line(text: str, path: tuple[int | str, ...]) -> str:
    """Where the key stands, as far as it can be found without the parser's help."""
    names = [str(key) for key in path if isinstance(key, str)]
    table: list[str] = []
    best, depth = 0, 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]", line):
            table = [key.strip(" \"'") for key in header[1].split(".")]
            known = len(table)
        elif pair := re.match(r"\s*([\w\-.\"' ]+?)\s*=", line):
            known = len(table) + 1
            if [*table, pair[1].strip("\"'")] != names[:known]:
                continue
        else:
            continue
        if table == names[: len(table)] and depth < known <= len(names):
            best, depth = number, known
    return f" (line {best})" if best else ""


def _comment(text: str) -> list[str]:
    return [f"# {_without_controls(line)}".rstrip() for line in text.splitlines()]


def _without_controls(line: str) -> str:
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", line)


def _table(name: str, part: dict[str, Any]) -> Iterator[str]:
    yield f"[{name}]"
    yield from _pairs(part)


def _pairs(part: dict[str, Any]) -> Iterator[str]:
    yield from (f"{_key(key)} = {_value(value)}" for key, value in part.items())


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _value(key)


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value).items()
        return f"{{ {', '.join(f'{_key(key)} = {_value(each)}' for key, each in pairs)} }}"
    # JSON's text and numbers are TOML's too, but for DEL, which has to be escaped here
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
