"""A JSON Schema as a list of alternatives of one JSON type each: references followed, unions and types taken apart."""

from collections.abc import Mapping
from typing import Any, Final

JsonSchema = dict[str, Any]

ANNOTATIONS: Final = frozenset(
    {"$comment", "$defs", "$id", "$schema", "default", "deprecated", "description", "discriminator", "examples",
     "readOnly", "title", "writeOnly"}
)  # fmt: skip
"""Keywords that refuse no record."""
TYPES: Final = ("null", "boolean", "integer", "number", "string", "array", "object")
KEYWORDS: Final[Mapping[str, frozenset[str]]] = {
    "null": frozenset(),
    "boolean": frozenset(),
    "integer": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "string": frozenset({"minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType"}),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains",
                        "maxContains", "unevaluatedItems"}),
    "object": frozenset({"properties", "required", "additionalProperties", "patternProperties", "propertyNames",
                         "minProperties", "maxProperties", "dependentRequired", "dependentSchemas",
                         "unevaluatedProperties"}),
}  # fmt: skip
"""Keywords that concern values of one type only."""
UNIONS: Final = ("anyOf", "oneOf")


class NotComparableError(Exception):
    """The schema is put together in a way that is not taken apart here."""


def alternatives(schema: JsonSchema | bool, root: JsonSchema) -> list[JsonSchema]:
    """Schemas with one `type` each, of which a record has to keep at least one.

    `root` is the whole schema, in which references are looked up. Raises NotComparableError for a reference outside of
    it and where two parts put limits on the same keyword.
    """
    if isinstance(schema, bool):
        return [{"type": name} for name in TYPES if name != "integer"] if schema else []
    own = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
    if "$ref" in own:
        reference = own.pop("$ref")
        return _both([own], alternatives(resolve(reference, root), root))
    if "allOf" in own:
        parts = own.pop("allOf")
        found = [own]
        for part in parts:
            found = _both(found, alternatives(part, root))
        return found
    for union in UNIONS:
        if union in own:
            choices = own.pop(union)
            return _both([own], [found for choice in choices for found in alternatives(choice, root)])
    names = own.pop("type", None) or _types_of_values(own) or [name for name in TYPES if name != "integer"]
    return [_of_type(name, own) for name in ([names] if isinstance(names, str) else names)]


def resolve(reference: str, root: JsonSchema) -> JsonSchema:
    """The part of `root` that a reference like `#/$defs/Reason` names."""
    if not reference.startswith("#/"):
        raise NotComparableError(f"the reference {reference} leads out of the schema")
    found: Any = root
    for name in reference.removeprefix("#/").split("/"):
        try:
            found = found[name.replace("~1", "/").replace("~0", "~")]
        except (KeyError, TypeError):
            raise NotComparableError(f"the reference {reference} leads nowhere") from None
    return found


def json_type(value: object) -> str:
    """Name of a value's JSON type; a number without a fraction is an integer."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    return {float: "number", str: "string", list: "array", dict: "object"}[type(value)]


def is_same(one: object, other: object) -> bool:
    """JSON's equality: 1 equals 1.0 and not true."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _types_of_values(own: JsonSchema) -> list[str]:
    values = own.get("enum", [own["const"]] if "const" in own else [])
    return sorted({json_type(value) for value in values})


def _of_type(name: str, own: JsonSchema) -> JsonSchema:
    """Without the keywords of other types, and with its values as `enum`."""
    others = frozenset().union(*KEYWORDS.values()) - KEYWORDS[name]
    kept = {key: value for key, value in own.items() if key not in others}
    if "const" in kept:
        kept["enum"] = [kept.pop("const")]
    if "enum" in kept:
        fitting = {name, "integer"} if name == "number" else {name}
        kept["enum"] = [value for value in kept["enum"] if json_type(value) in fitting]
    return {"type": name, **kept}


def _both(left: list[JsonSchema], right: list[JsonSchema]) -> list[JsonSchema]:
    """Alternatives that keep one of `left`, whose type may be open, and one of `right`."""
    return [
        _joined(one, other, name)
        for one in left
        for other in right
        for name in TYPES
        if _is_joint_type(name, one.get("type"), other["type"])
    ]


def _is_joint_type(name: str, allowed: str | list[str] | None, other: str) -> bool:
    """Whether both allow the type: integers are what an integer and a number have in common."""
    if allowed is None:
        return name == other
    names = {allowed} if isinstance(allowed, str) else set(allowed)
    if name == "integer":
        return (other == "integer" and bool(names & {"integer", "number"})) or (
            other == "number" and "integer" in names
        )
    return name == other and name in names


def _joined(one: JsonSchema, other: JsonSchema, name: str) -> JsonSchema:
    beside = _of_type(name, {key: value for key, value in one.items() if key != "type"})
    shared = [key for key in beside if key != "type" and key in other and beside[key] != other[key]]
    if shared or (name in ("object", "array") and len(beside) > 1):
        raise NotComparableError(f"two parts that both say {', '.join(shared or sorted(beside))}")
    return {**other, **beside}
