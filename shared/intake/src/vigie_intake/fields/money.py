"""Currencies as amounts name them: signs beside a number, and how many of its smallest units make one."""

import re
from typing import Final

from vigie_schemas import MINOR_DIGITS as MINOR_DIGITS
from vigie_schemas import minor_digits

_MEANINGS: Final = {
    "€": "EUR",
    "£": "GBP EGP FKP GIP SHP SSP SYP LBP SDG",
    "$": "USD AUD BBD BMD BND BSD BZD CAD CLP COP CVE DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD SRD TTD TWD UYU "
    "XCD ARS CUP NIO BOB",
    "US$": "USD",
    "R$": "BRL",
    "¥": "JPY CNY",
    "\uffe5": "JPY CNY",  # the wide form
    "₹": "INR",
    "₩": "KRW KPW",
    "₽": "RUB",
    "₺": "TRY",
    "₴": "UAH",
    "₪": "ILS",
    "₫": "VND",
    "₦": "NGN",
    "₱": "PHP",
    "฿": "THB",
    "zł": "PLN",
    "Kč": "CZK",
    "Ft": "HUF",
    "kr": "SEK NOK DKK ISK",
    "Fr.": "CHF",
}
SIGNS: Final = {sign: frozenset(codes.split()) for sign, codes in _MEANINGS.items()}
"""Which currencies a sign can mean; three capital letters mean the currency of that code."""

SIGN_EXPRESSION: Final = "|".join(["[A-Z]{3}", *(re.escape(sign) for sign in sorted(SIGNS, key=len, reverse=True))])


def currencies_of(sign: str) -> frozenset[str]:
    """The currencies that a sign or a code beside an amount can mean."""
    return SIGNS.get(sign, frozenset({sign}))


def units_of(currency: str) -> float:
    """How many of its smallest units make one of a currency: 100 cents a euro, 1 yen, 1000 fils a dinar."""
    return float(10 ** minor_digits(currency))
