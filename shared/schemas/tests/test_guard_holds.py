"""Where the guard finds nothing, each record of one schema keeps the other: tried on edited schemas by jsonschema."""

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from vigie_schemas.compatibility.alternatives import alternatives
from vigie_schemas.compatibility.contracts import CONTRACTS
from vigie_schemas.compatibility.refusals import refusals

Schema = dict[str, Any]
SMALL: Schema = {
    "type": "object",
    "$defs": {
        "Part": {
            "type": "object",
            "properties": {"share": {"type": "number", "minimum": 0, "maximum": 1}, "text": {"type": "string"}},
            "required": ["share"],
        }
    },
    "properties": {
        "kind": {"enum": ["a", "b"]},
        "count": {"type": "integer", "minimum": 0},
        "name": {"type": "string", "pattern": "^[a-c]{1,3}$"},
        "place": {"anyOf": [{"type": "string", "maxLength": 2}, {"type": "null"}], "default": None},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}, "maxItems": 2},
        "by_name": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
    },
    "required": ["kind", "count", "parts"],
}
SCHEMAS = [SMALL, *(contract.schema() for contract in CONTRACTS)]
FIELDS: list[Schema] = [
    {"type": "string"},
    {"type": "string", "minLength": 1, "maxLength": 3},
    {"type": "string", "pattern": "^[a-d]{1,2}$"},
    {"type": "string", "not": {"pattern": "^b"}},
    {"enum": ["a", "b", "c"]},
    {"const": 1},
    {"type": "integer", "exclusiveMinimum": 0, "maximum": 3},
    {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
    {"type": "integer", "multipleOf": 2},
    {"type": "boolean"},
    {"type": ["null", "string"]},
    {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    {"type": "array", "items": {"type": "integer"}, "minItems": 1, "uniqueItems": True},
    {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "null"}, "maxItems": 2},
    {"type": "object", "additionalProperties": {"type": ["integer", "string"]}},
    {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False},
    {},
]
NUMBERS = (-91, -1, 0, 0.5, 1, 1.5, 2, 3, 100, 1_700_000_000_000)
TEXTS = ("", "a", "b", "cd", "abcd", "EUR", "FR", "acc-1", "alert:x", "low", "generator", "1" * 14)


def objects(schema: Any) -> Iterator[Schema]:
    """Each part that has fields."""
    for part in parts(schema):
        if "properties" in part:
            yield part


def parts(schema: Any) -> Iterator[Schema]:
    """Each schema inside this one, itself included; not the maps of fields and definitions."""
    if not isinstance(schema, dict):
        return
    yield schema
    for key in ("properties", "$defs"):
        for part in schema.get(key, {}).values():
            yield from parts(part)
    for key in ("items", "additionalProperties"):
        yield from parts(schema.get(key))
    for key in ("anyOf", "prefixItems"):
        for part in schema.get(key, ()):
            yield from parts(part)


def edit(schema: Schema, chance: random.Random) -> None:
    """Change one thing: a field, whether it is required, a limit, a type, a choice."""
    target = chance.choice(list(objects(schema)))
    fields, required = target["properties"], target.setdefault("required", [])
    name = chance.choice(sorted(fields)) if fields else "added"
    part = chance.choice(list(parts(schema)))
    match chance.randrange(9):
        case 0:
            fields["added"] = copy.deepcopy(chance.choice(FIELDS))
        case 1:
            fields["added"] = copy.deepcopy(chance.choice(FIELDS))
            required.append("added")
        case 2 if name in fields:
            del fields[name]
            required[:] = [other for other in required if other != name]
        case 3:
            required[:] = [other for other in required if other != name] if name in required else [*required, name]
        case 4 if name in fields:
            fields[name] = copy.deepcopy(chance.choice(FIELDS))
        case 5 if name in fields:
            fields[name] = {"anyOf": [fields[name], copy.deepcopy(chance.choice(FIELDS))]}
        case 6:
            key = chance.choice(
                ["minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "maxItems", "minItems"]
            )
            part[key] = chance.choice([0, 1, 2, 3, 100])
        case 7:
            for key in [
                key for key in ("minimum", "maximum", "maxItems", "maxLength", "pattern", "enum") if key in part
            ][:1]:
                del part[key]
        case 8:
            target["additionalProperties"] = chance.choice([False, True, {"type": "string"}])


def edited(chance: random.Random) -> tuple[Schema, Schema]:
    """A schema and what one to three edits make of it, in either order."""
    old = copy.deepcopy(chance.choice(SCHEMAS))
    new = copy.deepcopy(old)
    for _ in range(chance.randint(1, 3)):
        edit(new, chance)
    return (old, new) if chance.random() < 0.5 else (new, old)


def value_of(schema: Any, root: Schema, chance: random.Random, depth: int = 0) -> Any:
    """A value that often keeps the schema, with the limits more often than chance would have them."""
    choices = alternatives(schema, root)
    choice = chance.choice(choices) if choices else {"type": "null"}
    if "enum" in choice and chance.random() < 0.9:
        return chance.choice(choice["enum"] or [None])
    limits = [
        choice[key] + step for key in ("minimum", "maximum", "exclusiveMinimum") if key in choice for step in (0, 1)
    ]
    makers: dict[str, Callable[[], Any]] = {
        "null": lambda: None,
        "boolean": lambda: chance.random() < 0.5,
        "integer": lambda: int(chance.choice([*limits, *NUMBERS])),
        "number": lambda: chance.choice([*limits, *NUMBERS]),
        "string": lambda: chance.choice(TEXTS),
        "array": lambda: list_of(choice, root, chance, depth),
        "object": lambda: object_of(choice, root, chance, depth),
    }
    return makers[choice["type"]]()


def list_of(choice: Schema, root: Schema, chance: random.Random, depth: int) -> list[Any]:
    first = [value_of(part, root, chance, depth + 1) for part in choice.get("prefixItems", ())]
    more = min(choice.get("maxItems", 3), chance.randint(choice.get("minItems", 0), 3) if depth < 4 else 0)
    return [*first, *(value_of(choice.get("items", True), root, chance, depth + 1) for _ in range(more - len(first)))]


def object_of(choice: Schema, root: Schema, chance: random.Random, depth: int) -> dict[str, Any]:
    """Only fields of the schema, as a writer of the contract writes; others where it says that there are."""
    fields = choice.get("properties", {})
    named = [name for name in fields if name in choice.get("required", ()) or chance.random() < 0.6]
    found = {name: value_of(fields[name], root, chance, depth + 1) for name in named}
    others = choice.get("additionalProperties", "properties" not in choice)
    if others is not False and depth < 4:
        for name in chance.sample(["a", "added", "x"], chance.randint(0, 2)):
            found.setdefault(name, value_of(others, root, chance, depth + 1))
    return found


def records_of(schema: Schema, chance: random.Random, wanted: int) -> list[Any]:
    """Up to so many records that keep the schema: drawn, and one drawn field put into another kept record."""
    keeps = Draft202012Validator(schema).is_valid
    found: list[Any] = []
    for _ in range(wanted * 4):
        record = value_of(schema, schema, chance)
        if found and isinstance(record, dict) and not keeps(record):
            record = chance.choice(found) | dict(chance.sample(sorted(record.items()), min(1, len(record))))
        if keeps(record):
            found.append(record)
    return found[:wanted]


@given(st.integers(min_value=0))
def test_what_is_called_compatible_is_accepted(seed: int) -> None:
    chance = random.Random(seed)
    written, read = edited(chance)
    assume(not refused_outright(written, read))
    keeps = Draft202012Validator(read).is_valid

    assert [record for record in records_of(written, chance, 8) if not keeps(record)] == []


def test_the_guard_says_yes_and_no_often_enough_for_that_to_mean_something() -> None:
    """Of 100 edited pairs many are compatible and were tried with records; of the others many show it by a record."""
    chance = random.Random(7)
    compatible = tried = refused = shown = 0
    for _ in range(100):
        written, read = edited(chance)
        keeps = Draft202012Validator(read).is_valid
        records = records_of(written, chance, 30)
        is_shown = not all(keeps(record) for record in records)
        if refused_outright(written, read):
            refused += 1
            shown += is_shown
        else:
            compatible += 1
            tried += len(records) > 0
            assert not is_shown

    assert compatible > 20
    assert tried > 10
    assert refused > 20
    assert shown > refused / 4


def refused_outright(written: Schema, read: Schema) -> bool:
    return any(not refusal.is_misread for refusal in refusals(written, read))
