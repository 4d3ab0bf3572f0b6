import copy
from pathlib import Path

from vigie_schemas import Transaction
from vigie_schemas.snapshots import breaking_changes, current_schemas, differences, write_snapshots

SNAPSHOTS = Path(__file__).parents[1] / "snapshots"


def test_contracts_are_as_their_snapshots() -> None:
    assert differences(SNAPSHOTS) == []


def test_no_snapshot_is_left_of_a_contract_that_is_gone() -> None:
    assert {path.name for path in SNAPSHOTS.iterdir()} == set(current_schemas())


def test_a_new_required_field_breaks() -> None:
    old = Transaction.model_json_schema()
    new = copy.deepcopy(old)
    new["properties"]["device"] = {"type": "string"}
    new["required"].append("device")

    assert breaking_changes(old, new) == ["device is newly required"]


def test_a_new_optional_field_does_not_break() -> None:
    old = Transaction.model_json_schema()
    new = copy.deepcopy(old)
    new["properties"]["device"] = {"type": "string", "default": ""}

    assert breaking_changes(old, new) == []


def test_removed_and_retyped_fields_break() -> None:
    old = Transaction.model_json_schema()
    new = copy.deepcopy(old)
    del new["properties"]["category"]
    new["properties"]["amount"] = {"type": "string"}

    assert breaking_changes(old, new) == ["category is gone", "amount is of another kind"]


def test_a_changed_contract_is_named_with_what_to_do(tmp_path: Path) -> None:
    write_snapshots(tmp_path)
    path = tmp_path / "Label.v1.schema.json"
    path.write_text(path.read_text().replace("is_fraud", "is_bad"))

    (sentence,) = differences(tmp_path)

    assert "Label.v1" in sentence
    assert "version 2" in sentence
