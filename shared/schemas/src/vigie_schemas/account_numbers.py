"""What is a card number or an IBAN, however it is written: the one definition for contracts, detector and pseudonyms.

A number may stand in one piece or in groups, in any case of letters, after a word (`PAN:4111…`, `IBAN DE89 …`) or in a
sentence. Its check digits decide, by Luhn's rule or ISO 13616, so that names, dates and UUIDs pass. They are right by
chance in about one of eleven texts that are 13 to 19 digits: such names are refused too, and need a pseudonym. The name
of an account is judged more strictly, see `names_account_by_number`.

The patterns are written so that Python (`re.ASCII`) and Java read them alike: Spark's parser uses the same ones.
"""

import re
from typing import Final

CARD_NUMBER_PATTERN: Final = "^[0-9]{13,19}$"
IBAN_PATTERN: Final = "^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"

IBAN_LENGTHS: Final[dict[int, str]] = {
    15: "NO",
    16: "BE",
    18: "DK FI FK FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ DZ ES MD PK RO SA SE SK TN VG",
    25: "AO CV GW LY MZ PT ST",
    26: "IR IS TR",
    27: "BF BI BJ CF CG CM DJ FR GA GR IT MC MG MR SM",
    28: "AL AZ BY CI CY DO GT HN HU KM LB MA ML NE NI PL SN SV TD TG",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
"""Countries by the length of their IBANs: SWIFT's registry, and those outside of it that banks use in practice."""

_GAP: Final = "[^A-Za-z0-9]{1,3}"
_MAYBE_GAP: Final = "[^A-Za-z0-9]{0,3}"
_BEFORE: Final = "(?<![A-Za-z0-9])"
# Letters may stand right before and after the digits, but not those of a number in base 16
_WORD: Final = f"{_BEFORE}(?:(?=[A-Fa-f]*[G-Zg-z])[A-Za-z]+|[A-Za-z])?"
_END: Final = "(?![0-9])(?![A-Za-z]+[0-9])(?![A-Fa-f]+(?![A-Za-z]))"


def _grouped(groups: str) -> str:
    return f"{_WORD}(?=({groups}){_END})"


MAY_HOLD_PATTERN: Final = (
    "[0-9]" + f"{_MAYBE_GAP}[0-9]" * 12 + "|"
    f"{_BEFORE}(?:[Ii][Bb][Aa][Nn])?[A-Za-z]{_MAYBE_GAP}[A-Za-z]"
    + f"{_MAYBE_GAP}[0-9]" * 2
    + f"{_MAYBE_GAP}[A-Za-z0-9]" * 11
)
"""Found in every text with an account number, and in few others: what is cheap to ask first. Written out, because Java
takes four times as long for groups that are repeated."""
UUID_PATTERN: Final = "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$"
CARD_PATTERNS: Final = (
    # one piece; the usual groups, whatever digits follow; all groups up to the end of the number
    _grouped("[0-9]{13,19}"),
    _grouped(f"[0-9]{{4}}(?:{_GAP}[0-9]{{4}}){{3}}"),
    _grouped(
        f"[0-9]{{4,18}}(?:{_GAP}[0-9]{{1,15}}){{1,15}}"
        f"|[0-9]{{3}}(?:{_GAP}[0-9]{{3}}){{3,5}}(?:{_GAP}[0-9]{{1,2}})?"
        f"|[0-9]{{2}}(?:{_GAP}[0-9]{{2}}){{5,8}}(?:{_GAP}[0-9])?"
        f"|[0-9](?:{_GAP}[0-9]){{12,18}}"
    ),
)
"""Where a card number may stand; group 1 is the number with what separates its digits."""
IBAN_SPELLED_PATTERN: Final = (
    f"{_BEFORE}(?:IBAN)?(?=("
    + "|".join(
        f"(?:{'|'.join(_MAYBE_GAP.join(country) for country in countries.split())})(?:{_MAYBE_GAP}[0-9]){{2}}"
        f"(?:{_MAYBE_GAP}[A-Za-z0-9]){{{length - 4}}}"
        for length, countries in IBAN_LENGTHS.items()
    )
    + ")(?![A-Za-z0-9]))"
)
"""Where an IBAN may stand, to be matched without regard to case; group 1 is the number with its separators."""
NETWORK_PATTERN: Final = "^(?:1[0-9]{14}|(?:2[2-9]|[3-9][0-9])[0-9]{11,17})$"
"""Digits that a payment network could have issued: none begins with 0, 20 or 21, and with 1 only UATP's fifteen. So
neither dates nor epochs, which stand in many names, are taken for card numbers."""

_MAY_HOLD: Final = re.compile(MAY_HOLD_PATTERN, re.ASCII)
_UUID: Final = re.compile(UUID_PATTERN, re.ASCII)
_CARDS: Final = tuple(re.compile(pattern, re.ASCII) for pattern in CARD_PATTERNS)
_IBAN_SPELLED: Final = re.compile(IBAN_SPELLED_PATTERN, re.ASCII | re.IGNORECASE)
_NETWORK: Final = re.compile(NETWORK_PATTERN, re.ASCII)
_IN_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")
_SEPARATORS: Final = re.compile("[^A-Za-z0-9]", re.ASCII)


def is_account_number(text: str) -> bool:
    """Whether the text holds a card number or an IBAN with the right check digits, in any spelling."""
    return bool(account_number_in(text))


def account_number_in(text: str) -> str | None:
    """The number without separators and in capitals, the same for each spelling; None where there is none."""
    if _MAY_HOLD.search(text) is None or _UUID.fullmatch(text):
        return None
    for found in _IBAN_SPELLED.finditer(text):  # first, for the digits of an IBAN may be right for a card too
        number = compact(found[1])
        if _passes_mod_97(number):
            return number
    for pattern in _CARDS:
        for found in pattern.finditer(text):
            digits = compact(found[1])
            if _NETWORK.fullmatch(digits) and _passes_luhn(digits):
                return digits
    return None


def names_account_by_number(name: str) -> bool:
    """Whether an account is named by its number: also by 13 to 19 digits, or what has an IBAN's form, in one piece.

    Nothing else than an account number is to be expected there, so a wrong check digit excuses nothing.
    """
    return bool(re.fullmatch(CARD_NUMBER_PATTERN, name) or re.fullmatch(IBAN_PATTERN, name)) or is_account_number(name)


def in_letters(text: str) -> str:
    """The text with the letters g to p for its digits: names of ours that are made of it hold no account number."""
    return text.translate(_IN_LETTERS)


def compact(text: str) -> str:
    """Its letters and digits only, in capitals."""
    return _SEPARATORS.sub("", text).upper()


def _passes_luhn(digits: str) -> bool:
    """Check digit of ISO/IEC 7812: every second digit from the right counts twice."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def _passes_mod_97(number: str) -> bool:
    """Check digits of ISO 13616: country and check moved to the end, letters as 10 to 35."""
    return int("".join(str(int(each, 36)) for each in number[4:] + number[:4])) % 97 == 1
