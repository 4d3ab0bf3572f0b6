"""What one change of a contract does to old and new readers, each by the words that a person reads."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from vigie_schemas import Alert, Metrics, Record, ScoredTransaction, Transaction
from vigie_schemas.compatibility.contracts import CONTRACTS, Contract
from vigie_schemas.compatibility.refusals import refusals

Schema = dict[str, Any]
Edit = Callable[[Schema], None]


def said(written: Schema, read: Schema) -> list[str]:
    return [f"{refusal.path} {refusal.problem}".strip() for refusal in refusals(written, read)]


def reason(schema: Schema) -> Schema:
    return schema["$defs"]["Reason"]


def add(name: str, field: Schema, *, required: bool = False, part: str | None = None) -> Edit:
    def edit(schema: Schema) -> None:
        target = schema["$defs"][part] if part else schema
        target["properties"][name] = field
        if required:
            target["required"].append(name)

    return edit


def remove(name: str, *, part: str | None = None) -> Edit:
    def edit(schema: Schema) -> None:
        target = schema["$defs"][part] if part else schema
        del target["properties"][name]
        if name in target["required"]:
            target["required"].remove(name)

    return edit


def put(name: str, *, part: str | None = None, **keywords: object) -> Edit:
    """Replace keywords of a field; None takes one out."""

    def edit(schema: Schema) -> None:
        field = (schema["$defs"][part] if part else schema)["properties"][name]
        field |= keywords
        for key in [key for key, value in keywords.items() if value is None]:
            del field[key]

    return edit


def require(name: str, *, part: str | None = None) -> Edit:
    return lambda schema: (schema["$defs"][part] if part else schema)["required"].append(name)


TEXT: Schema = {"type": "string"}
NO_FINDING: list[str] = []


@pytest.mark.parametrize(
    ("record", "edit", "by_old_readers", "by_new_readers"),
    [
        (Alert, add("url", TEXT, required=True, part="Reason"), NO_FINDING, ["reasons[].url may be missing"]),
        (Alert, add("url", TEXT | {"default": ""}, part="Reason"), NO_FINDING, NO_FINDING),
        (Alert, remove("text", part="Reason"), ["reasons[].text may be missing"], NO_FINDING),
        (Alert, put("share", part="Reason", maximum=100), ["reasons[].share may be above 1"], NO_FINDING),
        (Alert, put("share", part="Reason", minimum=0.1), NO_FINDING, ["reasons[].share may be below 0.1"]),
        (Alert, put("share", part="Reason", type="integer"), NO_FINDING, ["reasons[].share may have a fraction"]),
        (Alert, put("usual", part="Reason", anyOf=[{"type": "number"}]), NO_FINDING, ["reasons[].usual may be null"]),
        (Alert, put("text", part="Reason", type=["string", "null"]), ["reasons[].text may be null"], NO_FINDING),
        (Alert, put("reasons", maxItems=5), ["reasons may have more than 3 items"], NO_FINDING),
        (Alert, put("recent", maxItems=None), ["recent may have more than 15 items"], NO_FINDING),
        (Alert, put("severity", enum=["low", "medium", "high", "top"]), ['severity may be "top"'], NO_FINDING),
        (Alert, put("severity", enum=["low", "high"]), NO_FINDING, ['severity may be "medium"']),
        (Alert, put("severity", enum=None), ['severity may be other than "low", "medium", "high"'], NO_FINDING),
        (
            Alert,
            put("alert_id", pattern="^alert:[A-Za-z0-9._:@-]{1,128}$"),
            ["alert_id may not match ^alert:[A-Za-z0-9._:@-]{1,64}$"],
            NO_FINDING,
        ),
        (
            Alert,
            put("alert_id", pattern=r"^alert:\w+$"),
            [
                r"alert_id matches ^alert:\w+$, which is not compared with ^alert:[A-Za-z0-9._:@-]{1,64}$ "
                r"(\w in ^alert:\w+$)"
            ],
            [
                r"alert_id matches ^alert:[A-Za-z0-9._:@-]{1,64}$, which is not compared with ^alert:\w+$ "
                r"(\w in ^alert:\w+$)"
            ],
        ),
        (Alert, put("segment", format="uuid"), NO_FINDING, ["segment need not be in the format uuid"]),
        (Alert, put("segment", minLength=1, maxLength=9), NO_FINDING, ["segment may have fewer than 1 characters",
                                                                        "segment may have more than 9 characters"]),
        (Alert, put("amount_eur", exclusiveMinimum=None, minimum=0), ["amount_eur may be 0 or below"], NO_FINDING),
        (Alert, put("model_version", multipleOf=2), NO_FINDING, ["model_version need not be a multiple of 2"]),
        (Alert, put("threshold", type="string"), ["threshold may be a string"], ["threshold may be a number"]),
        (Alert, lambda schema: reason(schema).update(additionalProperties=False), NO_FINDING, NO_FINDING),
        (
            Alert,
            put("account_id", part="AcceptedTransaction", **{"not": {"pattern": "^[0-9]{13,19}$"}}),
            ["transaction.account_id may be what is excluded there: {'anyOf': [{'pattern': '^[0-9]{13,19}$'}, "
             "{'pattern': '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'}]}"],
            NO_FINDING,
        ),
        (Transaction, put("currency", enum=["EUR", "USD"], pattern=None, **{"not": None}), NO_FINDING,
         ['currency may be other than "EUR", "USD"']),
        (Transaction, require("country"), NO_FINDING, ["country may be missing"]),
        (Transaction, remove("category"), NO_FINDING, NO_FINDING),
        (Transaction, put("lat", anyOf=[{"type": "number"}, {"type": "null"}]), ["lat may be below -90",
                                                                                "lat may be above 90"], NO_FINDING),
        (Metrics, put("flagged_eur", default=1.0), ["flagged_eur means 1.0 where it is left out, and 0.0 there"],
         ["flagged_eur means 0.0 where it is left out, and 1.0 there"]),
        (Metrics, put("dead_letters", additionalProperties={"type": "number", "minimum": 0}),
         ["dead_letters.* may have a fraction"], NO_FINDING),
        (Metrics, put("lag", additionalProperties=None, properties={"0": {"type": "integer", "minimum": 0}},
                      required=["0"]), NO_FINDING, ["lag.0 may be missing"]),
        (Metrics, put("thresholds", propertyNames={"maxLength": 20}), NO_FINDING,
         ["each name in thresholds may have more than 20 characters"]),
        (Metrics, put("schema_version", minimum=2, maximum=2), ["schema_version may be above 1"],
         ["schema_version may be below 2"]),
        (ScoredTransaction, put("features", additionalProperties={"type": "number"}, dependentRequired={"a": ["b"]}),
         NO_FINDING, ["features has another `dependentRequired`, which is not compared"]),
    ],
)  # fmt: skip
def test_each_change_is_found_in_the_direction_in_which_it_breaks(
    record: type[Record], edit: Edit, by_old_readers: list[str], by_new_readers: list[str]
) -> None:
    old = record.model_json_schema()
    new = copy.deepcopy(old)

    edit(new)

    assert said(new, old) == by_old_readers
    assert said(old, new) == by_new_readers


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_an_unchanged_contract_has_no_finding_whatever_its_texts_are(contract: Contract) -> None:
    old = contract.schema()

    assert said(old, without_texts(old)) == []
    assert said(without_texts(old), old) == []


def without_texts(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: without_texts(part) for key, part in schema.items() if key not in ("title", "description")}
    return [without_texts(part) for part in schema] if isinstance(schema, list) else schema


def test_a_field_that_moved_into_a_definition_is_the_same_field() -> None:
    old = Alert.model_json_schema()
    new = copy.deepcopy(old)
    new["$defs"]["Level"] = new["properties"]["score"]
    new["properties"]["score"] = {"$ref": "#/$defs/Level"}
    new["properties"]["threshold"] = {"allOf": [{"$ref": "#/$defs/Level"}]}

    assert said(old, new) == said(new, old) == []


TREE: Schema = {
    "$defs": {
        "Node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
            },
            "required": ["value"],
        }
    },
    "$ref": "#/$defs/Node",
}


def test_a_schema_that_contains_itself_is_compared_to_its_end() -> None:
    wider = copy.deepcopy(TREE)
    wider["$defs"]["Node"]["properties"]["value"]["type"] = "number"

    assert said(TREE, wider) == []
    assert said(wider, TREE) == ["value may have a fraction", "children[].value may have a fraction"]


@pytest.mark.parametrize(
    ("written", "read", "problems"),
    [
        ({"const": 1}, {"enum": [1, 2]}, []),
        ({"enum": [1, 2.5]}, {"type": "number"}, []),
        ({"enum": [1, 2.5]}, {"type": "integer"}, ["may be 2.5"]),
        ({"const": True}, {"const": 1}, ["may be a boolean"]),
        ({"type": "boolean"}, {"const": True}, ["may be false"]),
        ({"type": "integer", "minimum": 1, "maximum": 3}, {"enum": [1, 2, 3]}, []),
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer", "minimum": 1}, []),
        ({"type": "number", "exclusiveMinimum": 0}, {"type": "number", "minimum": 1}, ["may be below 1"]),
        ({"type": "integer", "multipleOf": 6}, {"type": "integer", "multipleOf": 3}, []),
        ({"type": "string", "enum": ["ab", "cd"]}, {"type": "string", "pattern": "^[a-d]+$", "maxLength": 2}, []),
        ({"type": "string", "enum": ["ab", "xy"]}, {"type": "string", "pattern": "^[a-d]+$"}, ['may be "xy"']),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, {"type": ["string", "null"]}, []),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"anyOf": [{"type": "string"}, {"type": "number"}]}, []),
        ({}, {"type": "string"}, ["may be null", "may be a boolean", "may be a number", "may be an array",
                                  "may be an object"]),
        ({"type": "object"}, {"type": "object", "properties": {"a": {"type": "null"}}}, [
            "a may be a boolean", "a may be a number", "a may be a string", "a may be an array", "a may be an object"]),
        (
            {"type": "object", "properties": {"a": {}}, "required": ["a"]},
            {"type": "object", "additionalProperties": False},
            ["a is not known there, and unknown fields are refused"],
        ),
        (
            {"type": "object", "properties": {"a": {"type": "string"}}},
            {"type": "object", "additionalProperties": {"type": "integer"}},
            ["a may be a string"],
        ),
        (
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "null"}], "minItems": 2, "maxItems": 2},
            {"type": "array", "items": {"type": "string"}},
            ["[1] may be null"],
        ),
        (
            {"type": "array", "items": {"type": "integer"}},
            {"type": "array", "items": {"type": "integer"}, "uniqueItems": True, "minItems": 1},
            ["may have fewer than 1 items", "may have equal items"],
        ),
        (
            {"type": "string", "$ref": "other.json"},
            {"type": "string"},
            ["is not compared (the reference other.json leads out of the schema)"],
        ),
        (
            {"allOf": [{"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 2}]},
            {"type": "integer"},
            ["is not compared (two parts that both say minimum)"],
        ),
        ({"allOf": [{"type": "number"}, {"type": "integer"}]}, {"type": "integer"}, []),
        ({"type": "string", "not": {"const": "a"}}, {"type": "string", "not": {"const": "a"}}, []),
        ({"type": "string"}, {"type": "string", "not": {"const": "a"}},
         ["may be what is excluded there: {'const': 'a'}"]),
    ],
)  # fmt: skip
def test_schemas_that_no_model_has_yet_are_compared_too(written: Schema, read: Schema, problems: list[str]) -> None:
    assert said(written, read) == problems
