"""Card numbers and IBANs in text, as vigie_schemas.account_numbers defines them, in Spark's own expressions.

Written as SQL: a column is described by one call into the JVM instead of by hundreds (docs/adr/0025).
"""

from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F

from vigie_schemas.account_numbers import (
    CARD_NUMBER_PATTERN,
    CARD_PATTERNS,
    IBAN_PATTERN,
    IBAN_SPELLED_PATTERN,
    MAY_HOLD_PATTERN,
    NETWORK_PATTERN,
    UUID_PATTERN,
)
from vigie_schemas.transaction import MAX_TEXT_LENGTH

NAMED_FIELDS: Final = (
    "account_id",
    "transaction_id",
    "merchant_id",
    "category",
    "channel",
    "device_id",
    "payee_id",
)
"""Fields of free text, which may hold no account number."""


def field_with_account_number(record: str) -> Column:
    """Name of the first of NAMED_FIELDS of the struct that holds a card number or an IBAN; null for none.

    The account's own name is judged more strictly: in one piece it needs no right check digit. One cheap pattern
    answers for most texts; those longer than MAX_TEXT_LENGTH are refused for their length.
    """
    cases = [
        f"when {record}.{name} rlike {_literal(MAY_HOLD_PATTERN)} and length({record}.{name}) <= {MAX_TEXT_LENGTH} "
        f"and ({_holds_number(f'{record}.{name}', is_account=name == 'account_id')}) then '{name}'"
        for name in NAMED_FIELDS
    ]
    return F.expr(f"case {' '.join(cases)} end")


def whole(pattern: str) -> str:
    r"""Java's `$` also stands before a final newline; `\z` does not."""
    return pattern.removesuffix("$") + r"\z"


def _holds_number(text: str, *, is_account: bool) -> str:
    spelled = (
        f"not {text} rlike {_literal(whole(UUID_PATTERN))} and ({_holds_card_number(text)} or {_holds_iban(text)})"
    )
    if not is_account:
        return spelled
    whole_patterns = (_literal(whole(pattern)) for pattern in (CARD_NUMBER_PATTERN, IBAN_PATTERN))
    return " or ".join([*(f"{text} rlike {pattern}" for pattern in whole_patterns), f"({spelled})"])


def _holds_card_number(text: str) -> str:
    found = ", ".join(f"regexp_extract_all({text}, {_literal(pattern)}, 1)" for pattern in CARD_PATTERNS)
    is_card = f"digits -> digits rlike {_literal(whole(NETWORK_PATTERN))} and luhn_check(digits)"
    return f"exists(transform(concat({found}), found -> {_compact('found')}), {is_card})"


def _holds_iban(text: str) -> str:
    """ISO 13616, a character at a time: a digit shifts the rest by one place, a letter (10 to 35) by two."""
    found = f"regexp_extract_all({text}, {_literal(f'(?i){IBAN_SPELLED_PATTERN}')}, 1)"
    value = "instr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', each) - 1"
    shifted = f"pmod(rest * if({value} < 10, 10, 100) + {value}, 97)"
    moved = "split(concat(substring(iban, 5), substring(iban, 1, 4)), '')"
    is_iban = f"iban -> aggregate({moved}, 0, (rest, each) -> {shifted}) = 1"
    return f"exists(transform({found}, found -> upper({_compact('found')})), {is_iban})"


def _compact(text: str) -> str:
    return f"regexp_replace({text}, '[^A-Za-z0-9]', '')"


def _literal(pattern: str) -> str:
    """As SQL's raw text, in which a backslash is one; no pattern has a quote."""
    return f"r'{pattern}'"
