"""The interface's description, from the contracts."""

from typing import Any, Final

from gateway.calls.verdict_record import NOT_ANSWERED
from gateway.errors import PROBLEMS
from gateway.web.requests import DEADLINES_MS, MAX_BATCH
from vigie_schemas import Transaction, Verdict, shipped_rates
from vigie_schemas.record import IDENTIFIER_PATTERN

PAYMENT_EXAMPLE: Final = {
    "transaction_id": "pay-2026-000017",
    "account_id": "acct-8c1f0a4e7d2b9f36",
    "amount": 612.0,
    "currency": "EUR",
    "merchant_id": "mer-51c0",
    "category": "electronics",
    "country": "FR",
}
OPTIONAL_IN_A_CALL: Final = ("schema_version", "timestamp_ms")
SECURED: Final = [{"bearer": []}]
PROBLEM_CONTENT: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
BEYOND: Final = ("sent_at_us",)


def openapi() -> dict[str, Any]:
    """OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Vigie gateway",
            "version": "1",
            "description": "A verdict on a payment before the money moves.",
        },
        "paths": _paths(),
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
            "responses": {"Problem": {"description": "What is wrong, and what to do.", "content": PROBLEM_CONTENT}},
        },
    }


def _paths() -> dict[str, Any]:
    deadline = {
        "name": "Vigie-Deadline-Ms",
        "in": "header",
        "description": "For this call, instead of the policy's.",
        "schema": {"type": "integer", "minimum": DEADLINES_MS[0], "maximum": DEADLINES_MS[1]},
    }
    identifier = {
        "name": "transaction_id",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": IDENTIFIER_PATTERN},
    }
    name = {"name": "name", "in": "path", "required": True, "schema": {"enum": [kind.name for kind in PROBLEMS]}}
    return {
        "/v1/transactions": {
            "post": _operation(
                "Send a payment, get its verdict", _ref("Verdict"), body=_ref("Call"), parameters=[deadline]
            )
        },
        "/v1/transactions:batch": {
            "post": _operation(
                f"Send up to {MAX_BATCH:,} payments, each gets its own answer or problem",
                _ref("Answers"),
                body=_ref("Batch"),
                parameters=[deadline],
            )
        },
        "/v1/transactions/{transaction_id}": {
            "get": _operation("The verdict afterwards", _ref("LaterVerdict"), parameters=[identifier], also="202")
        },
        "/v1/verdicts/stream": {
            "get": _operation(
                "Verdicts as they are given: server-sent events verdict and verdict.late",
                {"type": "string"},
                media_type="text/event-stream",
            )
        },
        "/v1/problems/{name}": {"get": _open("What a problem means", parameters=[name])},
        "/healthz": {"get": _open("Alive")},
        "/readyz": {"get": _open("Ready once a model answers the canary", also="503")},
        "/status": {"get": _operation("What the gateway does", {"type": "object"})},
        "/openapi.json": {"get": _open("This description")},
    }


def _operation(
    summary: str,
    answer: dict[str, Any],
    *,
    body: dict[str, Any] | None = None,
    parameters: list[dict[str, Any]] | None = None,
    media_type: str = "application/json",
    also: str | None = None,
) -> dict[str, Any]:
    content = {media_type: {"schema": answer}}
    responses: dict[str, Any] = {"200": {"description": "The answer.", "content": content}}
    if also is not None:
        responses[also] = {"description": "Not yet.", "content": {"application/json": {"schema": {"type": "object"}}}}
    responses["default"] = {"$ref": "#/components/responses/Problem"}
    operation: dict[str, Any] = {"summary": summary, "responses": responses, "security": SECURED}
    if parameters:
        operation["parameters"] = parameters
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation


def _open(summary: str, **more: Any) -> dict[str, Any]:
    """For everybody, without a token."""
    return _operation(summary, {"type": "object"}, **more) | {"security": []}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> dict[str, Any]:
    found: dict[str, Any] = {}
    call = _taken_apart(Transaction.model_json_schema(ref_template="#/components/schemas/{model}"), found)
    call["title"] = "Call"
    call["properties"] = {name: field for name, field in call["properties"].items() if name not in BEYOND}
    call["required"] = [name for name in call["required"] if name not in OPTIONAL_IN_A_CALL]
    # a card number or an IBAN is taken here, and a pseudonym goes on
    call["properties"]["account_id"] = {"type": "string", "pattern": r"\S", "description": "The account, by any name."}
    call["properties"]["currency"] |= {"enum": sorted(shipped_rates().eur_per_unit)}
    call["example"] = PAYMENT_EXAMPLE
    verdict = _taken_apart(Verdict.model_json_schema(ref_template="#/components/schemas/{model}"), found)
    for name in NOT_ANSWERED:
        del verdict["properties"][name]
        verdict["required"].remove(name)
    answer = {
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"type": "integer"}, "verdict": _ref("Verdict"), "problem": _ref("Problem")},
    }
    # one that does not fit is no reason to refuse the others: it gets a problem in its place
    item = {"anyOf": [_ref("Call"), {"description": "Answered by a problem in its place."}]}
    transactions = {"type": "array", "minItems": 1, "maxItems": MAX_BATCH, "items": item}
    return found | {
        "Call": call,
        "Verdict": verdict,
        "LaterVerdict": {
            "allOf": [_ref("Verdict")],
            "properties": {"later": {"anyOf": [_ref("Verdict"), {"type": "null"}]}},
        },
        "Batch": {"type": "object", "required": ["transactions"], "properties": {"transactions": transactions}},
        "Answers": {"type": "object", "properties": {"answers": {"type": "array", "items": answer}}},
        "Problem": {
            "type": "object",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string", "description": "What to do."},
            },
        },
    }


def _taken_apart(schema: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    found |= schema.pop("$defs", {})
    return schema
