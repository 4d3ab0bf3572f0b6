"""What is said of a changed contract: who breaks, whom to roll out first, and how a version is raised."""

import copy
from dataclasses import replace
from typing import Any

import pytest
from pydantic import Field

from vigie_schemas.compatibility.changes import change_of, changes, missing_contracts
from vigie_schemas.compatibility.contracts import CONTRACTS, Contract
from vigie_schemas.record import Record

BY_NAME = {contract.name: contract for contract in CONTRACTS}


def changed(name: str, field: str, **keywords: object) -> tuple[Contract, dict[str, Any], dict[str, Any]]:
    contract = BY_NAME[name]
    new = copy.deepcopy(contract.schema())
    new["properties"][field] |= keywords
    return contract, contract.schema(), new


def test_a_wider_field_is_safe_where_its_readers_come_first() -> None:
    change = change_of(*changed("Label.v1", "source", enum=["generator", "analyst", "dataset", "model"]))

    assert change.breaks == ()
    assert change.orders == (
        'Label.v1: old readers refuse new records, in which source may be "model".',
        "Label.v1: roll out metrics-sink, trainer before generator, alert-webhook.",
    )


def test_a_narrower_field_is_a_break_as_long_as_old_records_are_kept() -> None:
    contract, old, new = changed("Label.v1", "source", enum=["generator", "analyst"])

    change = change_of(contract, old, new)

    assert change.orders == ()
    assert change.breaks[0] == 'Label.v1: new readers refuse old records, in which source may be "dataset".'
    assert change.breaks[1].startswith(
        "Label.v1: old records are kept in transactions.labels for 90 days. Leave Label.v1"
    )
    assert "add Label.v2 beside it: a class LabelV2 whose schema_version is 2" in change.breaks[1]


def test_readers_outside_of_vigie_are_never_rolled_out_first() -> None:
    contract, old, new = changed("Alert.v1", "severity", enum=["low", "medium", "high", "top"])

    change = change_of(contract, old, new)

    assert change.orders == ()
    assert change.breaks[0] == 'Alert.v1: old readers refuse new records, in which severity may be "top".'
    assert change.breaks[1].startswith(
        "Alert.v1: receivers of signed webhooks are readers too. Leave Alert.v1 as it was"
    )


def widened_alert(**currency: object) -> tuple[Contract, dict[str, Any], dict[str, Any]]:
    contract = BY_NAME["Alert.v1"]
    old, new = copy.deepcopy(contract.schema()), copy.deepcopy(contract.schema())
    (part,) = [name for name in old["$defs"] if "currency" in old["$defs"][name]["properties"]]
    old["$defs"][part]["properties"]["currency"] = {"type": "string", "enum": ["EUR", "USD"]}
    new["$defs"][part]["properties"]["currency"] = currency
    return contract, old, new


@pytest.mark.parametrize(
    "currency",
    [
        {"type": "string", "enum": ["EUR", "USD", "TZS"]},
        {"type": "string", "pattern": "^[A-Z]{3}$", "not": {"enum": ["XXX"]}},
    ],
)
def test_a_further_code_of_a_list_that_others_keep_is_said_and_no_break(currency: dict[str, object]) -> None:
    change = change_of(*widened_alert(**currency))

    assert change.breaks == ()
    assert change.orders == (
        "Alert.v1: transaction.currency may be a code of ISO 4217 that it could not be before: receivers of signed "
        "webhooks have to expect codes that they do not know.",
        "Alert.v1: roll out alert-webhook, metrics-sink, gateway before spark-detector.",
    )


@pytest.mark.parametrize(
    "currency",
    [
        {"type": "integer"},
        {"anyOf": [{"type": "string", "enum": ["EUR", "USD"]}, {"type": "null"}]},
        {"type": "string", "enum": ["EUR"]},
        {"type": "string", "pattern": "^[A-Z]{3}$", "not": {"enum": ["USD"]}},
    ],
)
def test_such_a_list_excuses_no_other_change(currency: dict[str, object]) -> None:
    assert change_of(*widened_alert(**currency)).breaks


def test_another_meaning_of_what_is_left_out_is_a_break() -> None:
    change = change_of(*changed("Metrics.v1", "flagged_eur", default=1.0))

    assert change.breaks[0] == (
        "Metrics.v1: new readers misread old records, "
        "in which flagged_eur means 0.0 where it is left out, and 1.0 there."
    )


def test_a_service_that_reads_what_it_writes_is_in_no_order_with_itself() -> None:
    contract, old, new = changed("Calibration.v1", "trained_rows", minimum=-1)
    alone = replace(contract, producers=("trainer",), consumers=("trainer",))

    assert change_of(contract, old, new).orders[-1] == (
        "Calibration.v1: roll out spark-detector, metrics-sink before trainer."
    )
    assert change_of(alone, old, new).orders[-1] == (
        "Calibration.v1: trainer alone reads it, so there is no order to keep."
    )


@pytest.mark.parametrize(
    ("base", "current", "gone"),
    [
        (["Alert.v1"], ["Alert.v1", "Alert.v2"], []),
        (["Alert.v1"], ["Alert.v2"], ["Alert.v1"]),
        (["Alert.v1", "Alert.v2"], ["Alert.v2"], []),
        (["Alert.v1", "Alert.v2"], ["Alert.v1"], ["Alert.v2"]),
        (["Alert.v1", "Label.v2"], ["Label.v2"], ["Alert.v1"]),
    ],
)
def test_a_contract_goes_only_after_its_successor_was_released(
    base: list[str], current: list[str], gone: list[str]
) -> None:
    assert [sentence.split()[0] for sentence in missing_contracts(base, current)] == gone


class LabelV2(Record):
    """What a raised version looks like."""

    schema_version: int = Field(ge=2, le=2)
    label_id: str


def test_a_version_beside_the_old_one_breaks_nothing() -> None:
    raised = replace(BY_NAME["Label.v1"], record=LabelV2, place="transactions.labels.v2")
    base = {name: contract.schema() for name, contract in BY_NAME.items()}

    found = changes(base, [*CONTRACTS, raised])

    assert raised.name == "Label.v2"
    assert raised.file_name == "Label.v2.schema.json"
    assert [change for change in found if change.breaks or change.orders] == []


def test_an_edit_of_the_version_in_place_takes_the_old_one_away() -> None:
    raised = replace(BY_NAME["Label.v1"], record=LabelV2)
    base = {name: contract.schema() for name, contract in BY_NAME.items()}

    found = changes(base, [raised, *(contract for name, contract in BY_NAME.items() if name != "Label.v1")])

    (sentence,) = [sentence for change in found for sentence in change.breaks]
    assert sentence.startswith("Label.v1 is gone: keep it beside Label.v2 until")


def test_every_contract_has_writers_readers_and_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(CONTRACTS)
    assert [contract.name for contract in CONTRACTS if not (contract.producers and contract.consumers)] == []
    assert BY_NAME["Metrics.v1"].kept == "1 day"
