"""The interface's description is valid and of the contracts."""

import json

from jsonschema import Draft202012Validator

from gateway.web.openapi import PAYMENT_EXAMPLE, openapi
from vigie_schemas import Transaction, Verdict


def test_the_schemas_are_valid_and_the_example_fits() -> None:
    description = openapi()
    schemas = description["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)

    call = schemas["Call"]
    Draft202012Validator({**call, "components": {"schemas": schemas}}).validate(PAYMENT_EXAMPLE)
    assert set(call["required"]) == {"transaction_id", "account_id", "amount", "currency"}
    assert set(call["properties"]) == set(Transaction.model_fields) - {"sent_at_us"}
    assert set(schemas["Verdict"]["properties"]) == set(Verdict.model_fields) - {"schema_version", "body_digest"}


def test_every_reference_is_there() -> None:
    text = json.dumps(openapi())
    wanted = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}

    assert wanted <= set(openapi()["components"]["schemas"])
