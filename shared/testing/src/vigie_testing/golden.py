"""Records for tests, made from the contracts' golden examples."""

import json
from pathlib import Path
from typing import Final

import vigie_schemas
from vigie_schemas import Alert, Transaction

GOLDEN_EXAMPLES: Final = Path(vigie_schemas.__file__).parents[2] / "examples"
"""shared/schemas/examples: one folder a contract, with `valid` and `invalid` in it."""
DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
NOON_MS: Final = 1_735_732_800_000  # 2025-01-01T12:00:00Z


def golden_record(contract: str, name: str, **changes: object) -> dict[str, object]:
    """The valid example `name` of a contract's folder, e.g. ("alert", "alert.json"), with top-level fields changed."""
    return json.loads((GOLDEN_EXAMPLES / contract / "valid" / name).read_bytes()) | changes


def golden_transaction(name: str, **changes: object) -> Transaction:
    """The complete example transaction under the id `name`, validated with its changes."""
    record = golden_record("transaction", "full.json", transaction_id=name, **changes)
    return Transaction.model_validate_json(json.dumps(record))


def golden_alert(
    name: str, *, example: str = "alert.json", transaction: dict[str, object] | None = None, **changes: object
) -> Alert:
    """The example alert of the transaction `name`, validated with changes of it and of its transaction."""
    record = golden_record("alert", example, alert_id=f"alert:{name}")
    own = record["transaction"]
    assert isinstance(own, dict)  # noqa: S101
    record["transaction"] = own | {"transaction_id": name} | (transaction or {})
    return Alert.model_validate_json(json.dumps(record | changes))


def a_payment(account: str, number: int, **changes: object) -> dict[str, object]:
    """The account's payment of day `number`: about 20 EUR at noon in Lyon."""
    return {
        "schema_version": 1,
        "transaction_id": f"{account}-{number}",
        "account_id": account,
        "timestamp_ms": NOON_MS + number * DAY_MS,
        "amount": 20.0 + number % 3,
        "currency": "EUR",
        "merchant_id": f"shop-{number % 4}",
        "category": "groceries",
        "country": "FR",
        "lat": 45.76,
        "lon": 4.84,
        **changes,
    }


def a_planted_anomaly(account: str) -> tuple[list[dict[str, object]], str]:
    """Twenty-four ordinary days, then at 03:00 4,900 EUR to a new merchant in Japan; and that last one's id."""
    ordinary = [a_payment(account, number) for number in range(24)]
    night = a_payment(
        account,
        24,
        timestamp_ms=NOON_MS + 23 * DAY_MS + 15 * HOUR_MS,
        amount=4900.0,
        merchant_id="stranger",
        country="JP",
        lat=35.68,
        lon=139.69,
    )
    return [*ordinary, night], str(night["transaction_id"])
