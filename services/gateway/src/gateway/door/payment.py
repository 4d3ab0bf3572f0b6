"""From a call's fields to a payment: the contract's transaction under pseudonyms, and a digest to know it again."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from pydantic import ValidationError

from gateway.errors import InvalidTransactionProblem, MalformedRequestProblem
from vigie_runtime.pseudonyms import Pseudonyms, needs_pseudonym
from vigie_schemas import SCHEMA_VERSION, Rates, Transaction, is_account_number
from vigie_schemas.dead_letter import MAX_RECORD_BYTES
from vigie_schemas.json_documents import problem_of

ACCOUNT: Final = "account_id"
PSEUDONYM_FIELDS: Final[Mapping[str, str]] = {"merchant_id": "mer-", "payee_id": "pay-", "device_id": "dev-"}
"""Fields that name somebody or something, with what their pseudonyms begin with."""
DIGEST_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class ReceivedPayment:
    """What was called for."""

    transaction: Transaction
    amount_eur: float
    digest: str
    """Of what the caller sent, in pseudonyms."""
    record: bytes
    """As it goes onto the topic."""


class PaymentReader:
    """Reads calls; no account number gets past it, neither into a record nor into a problem's text."""

    def __init__(
        self, pseudonyms: Pseudonyms, rates: Rates, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self._pseudonyms = pseudonyms
        self._rates = rates
        self._now_ms = now_ms

    def document(self, body: bytes) -> dict[str, Any]:
        """The body's JSON object; raises MalformedRequestProblem."""
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise MalformedRequestProblem(f"It is not JSON in UTF-8 ({_without_text(error)}).") from None
        if not isinstance(found, dict):
            raise MalformedRequestProblem("Send one JSON object: /openapi.json shows one.")
        if (problem := problem_of(body) or _problem_inside(found, body)) is not None:
            raise MalformedRequestProblem(f"Not every program would read it alike: {problem}.")
        return found

    def payment(self, fields: object) -> ReceivedPayment:
        """The payment of one object; raises InvalidTransactionProblem that names each wrong field."""
        if not isinstance(fields, dict):
            raise InvalidTransactionProblem("A transaction is a JSON object: /openapi.json shows one.")
        given = self._under_pseudonyms(fields)
        digest = hashlib.blake2b(
            orjson.dumps({k: v for k, v in given.items() if k != "sent_at_us"}, option=orjson.OPT_SORT_KEYS),
            digest_size=DIGEST_BYTES,
        ).hexdigest()
        now_ms = self._now_ms()
        given.setdefault("schema_version", SCHEMA_VERSION)
        if given.get("timestamp_ms") is None:
            given["timestamp_ms"] = now_ms
        given["sent_at_us"] = time.time_ns() // 1_000
        try:
            transaction = Transaction.model_validate(given, context=self._rates.context)
        except ValidationError as error:
            raise _invalid(error) from None
        record = orjson.dumps({name: value for name, value in given.items() if value is not None})
        if len(record) > MAX_RECORD_BYTES:
            raise InvalidTransactionProblem(f"The transaction has more than {MAX_RECORD_BYTES:,} bytes.")
        amount_eur = transaction.amount * self._rates.eur_per_unit[transaction.currency]
        return ReceivedPayment(transaction, amount_eur, digest, record)

    def _under_pseudonyms(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in fields.items() if name in Transaction.model_fields}
        account = given.get(ACCOUNT)
        if isinstance(account, str) and needs_pseudonym(account):
            given[ACCOUNT] = self._pseudonyms.hidden(account)
        for name, prefix in PSEUDONYM_FIELDS.items():
            value = given.get(name)
            if isinstance(value, str) and is_account_number(value):
                given[name] = self._pseudonyms.hidden(value, prefix)
        return given


def _invalid(error: ValidationError) -> InvalidTransactionProblem:
    """Names fields and rules, and nothing that was given: that may be an account number."""
    found = {str(each["loc"][0]) if each["loc"] else "transaction": _rule(each["msg"]) for each in error.errors()}
    fields = [{"field": field, "detail": rule} for field, rule in found.items()]
    text = "; ".join(f"{field}: {rule}" for field, rule in found.items())
    return InvalidTransactionProblem(f"{text}.", more={"fields": fields})


def _rule(message: str) -> str:
    return message.removeprefix("Value error, ").rstrip(".")


def _problem_inside(found: dict[str, Any], body: bytes) -> str | None:
    """A field that stands twice in an object within: each of a batch is a record of its own."""
    if not any(isinstance(value, list) for value in found.values()):
        return None
    try:
        json.loads(body, object_pairs_hook=_each_once)
    except ValueError as error:
        return str(error)
    return None


def _each_once(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a field stands in it twice")


def _without_text(error: orjson.JSONDecodeError) -> str:
    return f"line {error.lineno}, column {error.colno}: {error.msg.split(':')[0]}"
