"""Which records that keep one JSON Schema are refused or misread by whoever reads with another.

A writer writes the fields of its contract and no other; a reader ignores fields that it does not know, as the models do
(`extra="ignore"`), unless its schema says `additionalProperties`. No finding means that every such record is accepted;
what cannot be compared is a finding too.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from vigie_schemas.compatibility.alternatives import (
    JsonSchema,
    NotComparableError,
    alternatives,
)
from vigie_schemas.compatibility.values import accepts, listed_values, refused_numbers, refused_sizes, refused_texts

COMPARED: Final = frozenset(
    {"type", "enum", "not", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
     "maxLength", "pattern", "format", "items", "prefixItems", "minItems", "maxItems", "uniqueItems", "properties",
     "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties"}
)  # fmt: skip


@dataclass(frozen=True)
class Incompatibility:
    """What a record may be at a path that its reader does not take."""

    path: str
    """Like `reasons[].share`; empty for the record itself."""
    problem: str
    """What the value may be there, as the end of a sentence that begins with the path."""
    is_misread: bool = False
    """Whether it is taken, with another meaning."""


def refusals(written: JsonSchema, read: JsonSchema) -> list[Incompatibility]:
    """Refusals of records that keep the whole schema `written` by readers of the whole schema `read`."""
    return list(_Comparison(written, read).refused(written, read, ""))


class _Comparison:
    def __init__(self, written: JsonSchema, read: JsonSchema) -> None:
        self._written = written
        self._read = read
        self._under_way: set[tuple[int, int]] = set()

    def refused(self, written: Any, read: Any, path: str) -> Iterator[Incompatibility]:
        """Compare two parts, whatever types they allow."""
        pair = (id(written), id(read))
        if pair in self._under_way:  # a schema that contains itself: decided where it began
            return
        self._under_way.add(pair)
        try:
            choices = alternatives(written, self._written)
            taken = alternatives(read, self._read)
        except NotComparableError as error:
            yield Incompatibility(path, f"is not compared ({error})")
        else:
            for choice in choices:
                yield from self._refused_choice(choice, taken, path)
        self._under_way.discard(pair)

    def _refused_choice(self, written: JsonSchema, taken: list[JsonSchema], path: str) -> Iterator[Incompatibility]:
        """The findings against the alternative that fits best; none where one takes all."""
        values = listed_values(written)
        if values is not None:
            refused = [value for value in values if not any(accepts(read, value) for read in taken)]
            if not refused:
                return
            if written["type"] == "null" or ("enum" in written and len(refused) < len(values)):
                yield from (Incompatibility(path, f"may be {_shown(value)}") for value in refused)
                return
        fitting = [read for read in taken if _is_of_type(written, read)]
        if not fitting:
            yield Incompatibility(path, f"may be {_named(written['type'])}")
            return
        yield from min((list(self._refused_by(written, read, path)) for read in fitting), key=len)

    def _refused_by(self, written: JsonSchema, read: JsonSchema, path: str) -> Iterator[Incompatibility]:
        name = read["type"]
        if "enum" in read:
            values = listed_values(written)
            others = [value for value in values or () if not accepts(read, value)]
            if others or values is None:
                listed = ", ".join(map(_shown, others)) or f"other than {', '.join(map(_shown, read['enum']))}"
                yield Incompatibility(path, f"may be {listed}")
        else:
            if name in ("integer", "number"):
                yield from (Incompatibility(path, problem) for problem in refused_numbers(written, read))
            if name == "string":
                yield from (Incompatibility(path, problem) for problem in refused_texts(written, read))
            if name in ("string", "array", "object"):
                yield from (Incompatibility(path, problem) for problem in refused_sizes(written, read))
        if name == "array":
            yield from self._refused_items(written, read, path)
        if name == "object":
            yield from self._refused_fields(written, read, path)
        yield from self._refused_otherwise(written, read, path)

    def _refused_items(self, written: JsonSchema, read: JsonSchema, path: str) -> Iterator[Incompatibility]:
        first, first_read = written.get("prefixItems", []), read.get("prefixItems", [])
        rest, rest_read = written.get("items", True), read.get("items", True)
        most = written.get("maxItems", float("inf"))
        for number in range(max(len(first), len(first_read))):
            one = first[number] if number < len(first) else rest
            one_read = first_read[number] if number < len(first_read) else rest_read
            if number < most:
                yield from self.refused(one, one_read, f"{path}[{number}]")
        if most > max(len(first), len(first_read)):
            yield from self.refused(rest, rest_read, f"{path}[]")
        if read.get("uniqueItems") and not written.get("uniqueItems"):
            yield Incompatibility(path, "may have equal items")

    def _refused_fields(self, written: JsonSchema, read: JsonSchema, path: str) -> Iterator[Incompatibility]:
        always = set(written.get("required", ()))
        fields, fields_read = dict.fromkeys(always, True) | written.get("properties", {}), read.get("properties", {})
        others = written.get("additionalProperties", "properties" not in written)
        others_read = read.get("additionalProperties", True)
        for name in sorted(set(read.get("required", ())) - always):
            yield Incompatibility(_at(path, name), "may be missing")
        for name, field in fields.items():
            if name in fields_read:
                yield from self.refused(field, fields_read[name], _at(path, name))
                if name not in always and name not in read.get("required", ()):
                    yield from _changed_default(field, fields_read[name], _at(path, name))
            elif others_read is False:
                yield Incompatibility(_at(path, name), "is not known there, and unknown fields are refused")
            else:
                yield from self.refused(field, others_read, _at(path, name))
        if others is not False:
            for name, field in fields_read.items():
                if name not in fields:
                    yield from self.refused(others, field, _at(path, name))
            yield from self.refused(others, others_read, _at(path, "*"))
            if "propertyNames" in read:
                names = {"type": "string", **written.get("propertyNames", {})}
                yield from self.refused(
                    names, {"type": "string", **read["propertyNames"]}, f"each name in {path or 'it'}"
                )

    def _refused_otherwise(self, written: JsonSchema, read: JsonSchema, path: str) -> Iterator[Incompatibility]:
        """`not`, and keywords that are not compared: the same, or a finding."""
        excluded = read.get("not")
        if isinstance(excluded, dict) and written.get("not") != excluded:
            reverse = _Comparison(self._read, self._written)
            if any(reverse.refused({**excluded, "type": read["type"]}, written.get("not", False), path)):
                yield Incompatibility(path, f"may be what is excluded there: {excluded}")
        for keyword in sorted(read.keys() - COMPARED):
            if written.get(keyword) != read[keyword]:
                yield Incompatibility(path, f"has another `{keyword}`, which is not compared")


def _changed_default(written: Any, read: Any, path: str) -> Iterator[Incompatibility]:
    """A field that is left out means its reader's default, whatever the writer meant."""
    if isinstance(written, dict) and isinstance(read, dict) and "default" in written and "default" in read:
        meant, taken = written["default"], read["default"]
        if meant != taken or isinstance(meant, bool) != isinstance(taken, bool):
            yield Incompatibility(
                path, f"means {_shown(meant)} where it is left out, and {_shown(taken)} there", is_misread=True
            )


def _is_of_type(written: JsonSchema, read: JsonSchema) -> bool:
    return written["type"] == read["type"] or {written["type"], read["type"]} == {"integer", "number"}


def _named(json_type: str) -> str:
    article = "an" if json_type in ("integer", "array", "object") else "a"
    return "null" if json_type == "null" else f"{article} {json_type}"


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
