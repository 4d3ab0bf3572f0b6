"""pydantic and the exported JSON Schema judge the golden examples alike (Spark's judgement: spark-detector's tests)."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from vigie_schemas import (
    Alert,
    Calibration,
    DeadLetter,
    DeliveryMetrics,
    Label,
    ListedValue,
    Metrics,
    Record,
    ScoredTransaction,
    Thresholds,
    Transaction,
    Verdict,
)

EXAMPLES = Path(__file__).parents[1] / "examples"
CONTRACTS: dict[str, type[Record]] = {
    "transaction": Transaction,
    "scored": ScoredTransaction,
    "alert": Alert,
    "label": Label,
    "dead_letter": DeadLetter,
    "metrics": Metrics,
    "delivery": DeliveryMetrics,
    "verdict": Verdict,
    "listed_value": ListedValue,
    "calibration": Calibration,
    "thresholds": Thresholds,
}
BEYOND_A_SCHEMA = {
    "account_number_not_pseudonym.card-in-channel",
    "account_number_not_pseudonym.card-in-device",
    "account_number_not_pseudonym.card-in-groups",
    "account_number_not_pseudonym.card-in-merchant",
    "account_number_not_pseudonym.card-in-transaction",
    "account_number_not_pseudonym.iban-in-category",
    "account_number_not_pseudonym.iban-in-payee",
    "malformed_json.field-twice",
    "card-as-value",
    "iban-in-reason",
}
"""Check digits, and what a parser has dropped before a schema sees it."""


def examples(verdict: str) -> list[Path]:
    return sorted(EXAMPLES.glob(f"*/{verdict}/*.json"))


def contract_of(path: Path) -> type[Record]:
    return CONTRACTS[path.parts[-3]]


def accepted_by_pydantic(path: Path) -> bool:
    try:
        contract_of(path).model_validate_json(path.read_bytes())
    except ValidationError:
        return False
    return True


def accepted_by_json_schema(path: Path) -> bool:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        record = json.loads(path.read_text(), parse_constant=refuse)
    except ValueError:
        return False
    return Draft202012Validator(contract_of(path).model_json_schema()).is_valid(record)


@pytest.mark.parametrize("path", examples("valid"), ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_valid_examples_are_accepted(path: Path) -> None:
    assert accepted_by_pydantic(path)
    assert accepted_by_json_schema(path)


@pytest.mark.parametrize("path", examples("invalid"), ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_invalid_examples_are_refused(path: Path) -> None:
    assert not accepted_by_pydantic(path)
    assert accepted_by_json_schema(path) == (path.stem in BEYOND_A_SCHEMA)


def test_every_contract_has_examples_of_both_kinds() -> None:
    for name in CONTRACTS:
        assert any((EXAMPLES / name / "valid").iterdir())
        assert any((EXAMPLES / name / "invalid").iterdir())
