"""Which of many texts may hold an account number: what vigie_schemas has to look at one at a time, and what not."""

from typing import Final

import numpy as np
import pyarrow as pa

from vigie_intake.fields.kernels import pc
from vigie_intake.fields.verdicts import flags
from vigie_schemas.account_numbers import IBAN_LENGTHS, NETWORK_PATTERN, UUID_PATTERN

MIN_LENGTH: Final = 13
MAX_CARD_LENGTH: Final = 19
_DIGITS_ONLY: Final = "^[0-9]+$"
_CARD: Final = "[0-9](?:[^A-Za-z0-9]{0,3}[0-9]){12}"
_COUNTRIES: Final = "|".join(" ".join(IBAN_LENGTHS.values()).split())
_IBAN: Final = f"(?i)(?:^|[^A-Za-z0-9])(?:IBAN)?(?:{_COUNTRIES})(?:[^A-Za-z0-9]{{0,3}}[0-9]){{2}}"


def may_be_account_number(texts: pa.Array) -> np.ndarray:
    """False where a text surely holds no account number; where it is true, vigie_schemas decides.

    Names of transactions are as many as rows, often long numbers or random letters: asking one by one would cost more
    than all else.
    """
    may = flags(pc.greater_equal(pc.binary_length(texts), MIN_LENGTH))
    if not may.any():
        return may
    whole = texts
    texts = texts if may.all() else texts.filter(pa.array(may))
    digits = flags(pc.match_substring_regex(texts, _DIGITS_ONLY))
    asked = np.zeros(len(texts), dtype=bool)
    if digits.any():
        asked[digits] = _may_be_cards(texts.filter(pa.array(digits)))
    if not digits.all():
        others = texts.filter(pa.array(~digits))
        suspect = flags(pc.match_substring_regex(others, _CARD)) | flags(pc.match_substring_regex(others, _IBAN))
        if suspect.any():
            suspect &= ~flags(pc.match_substring_regex(others, UUID_PATTERN))
        asked[~digits] = suspect
    answer = np.zeros(len(whole), dtype=bool)
    answer[may] = asked
    return answer


def _may_be_cards(digits: pa.Array) -> np.ndarray:
    """Luhn's rule for all at once; zeros in front change nothing of it."""
    may = flags(pc.match_substring_regex(digits, NETWORK_PATTERN))
    if not may.any():
        return may
    padded = pc.ascii_lpad(digits.filter(pa.array(may)), MAX_CARD_LENGTH, "0")
    letters = np.frombuffer("".join(padded.to_pylist()).encode(), dtype=np.uint8).reshape(-1, MAX_CARD_LENGTH)
    doubled = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9])
    each = (letters - ord("0")).astype(np.int64)
    sums = each[:, ::-2].sum(axis=1) + doubled[each[:, -2::-2]].sum(axis=1)
    may[may] = sums % 10 == 0
    return may
