"""Golden records keep their contracts, whatever is changed in them."""

import pytest
from pydantic import ValidationError

from vigie_schemas import Transaction
from vigie_testing.golden import a_payment, a_planted_anomaly, golden_alert, golden_record, golden_transaction


def test_an_alert_is_about_its_transaction() -> None:
    alert = golden_alert("tx-1", severity="low", transaction={"account_id": "acc-9"})

    assert (alert.alert_id, alert.transaction.transaction_id) == ("alert:tx-1", "tx-1")
    assert (alert.severity, alert.account_id) == ("low", "acc-9")


def test_a_change_that_breaks_the_contract_is_refused() -> None:
    with pytest.raises(ValidationError, match="amount"):
        golden_transaction("tx-1", amount=-1)


def test_examples_are_not_shared_between_tests() -> None:
    golden_record("label", "generator.json")["source"] = "changed"

    assert golden_record("label", "generator.json")["source"] == "generator"


def test_payments_are_transactions_and_the_planted_one_is_the_last() -> None:
    payments, planted = a_planted_anomaly("acc-1")

    assert [Transaction.model_validate(payment).account_id for payment in payments] == ["acc-1"] * 25
    assert payments[-1]["transaction_id"] == planted
    assert a_payment("acc-1", 2, amount=5.0)["amount"] == 5.0
