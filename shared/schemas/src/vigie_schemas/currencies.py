"""Currencies with what one unit is roughly worth in EUR, and how many digits their amounts have.

The features are logarithms of ratios to the account's own amounts, so two significant digits are enough: the rates only
keep 5,000 yen from looking like 5,000 euros. `reference-rates.csv` beside this module has them, in the layout of the
ECB's daily file, as of the date that stands in it: the ECB's and official rates of that day, rounded to two or three
digits, and the irrevocable rates of currencies that the euro replaced. The order of its columns is the order in which
Spark looks. Why not live rates: docs/adr/0006.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

from pydantic import ValidationInfo

from vigie_schemas.rates_file import MONTHS, RatesError, read_rates

EUR: Final = "EUR"
SHIPPED: Final = "reference-rates.csv"
NO_MONEY: Final = ("XTS", "XXX")
"""Codes of ISO 4217 that stand for a test and for no currency."""
CONTEXT_KEY: Final = "eur_per_unit"
MAX_DIFFERENCE: Final = 10.0
"""Times by which a rate may differ from the shipped one before it is compared with that one's inverse."""

CURRENCY_PATTERN: Final = "^[A-Z]{3}$"
_DIGITS: Final = {
    0: "ADP BEF BIF BYB BYR CLP DJF ESP GNF GRD ISK ITL JPY KMF KRW LUF MGF PTE PYG ROL RWF TPE TRL UGX UYI VND VUV "
    "XAF XAG XAU XDR XOF XPD XPF XPT",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
MINOR_DIGITS: Final[Mapping[str, int]] = {code: digits for digits, codes in _DIGITS.items() for code in codes.split()}
"""Digits after the decimal point by ISO 4217, where these are not DEFAULT_MINOR_DIGITS; precious metals have none."""
DEFAULT_MINOR_DIGITS: Final = 2


def minor_digits(code: str) -> int:
    """How many decimal digits an amount of the currency has: the power of ten between cents and euros."""
    return MINOR_DIGITS.get(code, DEFAULT_MINOR_DIGITS)


def require_money(code: str) -> str:
    """The code; raises ValueError for one that stands for no money."""
    if code in NO_MONEY:
        raise ValueError("stands for no currency")
    return code


def require_rate(code: str, info: ValidationInfo) -> str:
    """The code; raises ValueError for one without a rate.

    Rates are the shipped ones, or those that the validation's context has: `context=Rates(...).context`.
    """
    rates = (info.context or {}).get(CONTEXT_KEY, EUR_PER_UNIT)
    if code not in rates:
        raise ValueError("has no rate: set VIGIE_RATES_FILE or VIGIE_EXTRA_RATES")
    return code


@dataclass(frozen=True)
class Rates:
    """Reference rates in use, and where they are from."""

    eur_per_unit: Mapping[str, float]
    """Worth of one unit in EUR by code; the commonest first, because Spark looks through them in this order."""
    as_of: date
    source: str
    """The file's name."""
    added: tuple[str, ...] = ()
    """Codes whose rate was set one by one."""

    @property
    def context(self) -> dict[str, Mapping[str, float]]:
        """Context of `Transaction.model_validate`, so that it takes the currencies that have a rate here."""
        return {CONTEXT_KEY: self.eur_per_unit}

    def replaced(self, units_per_eur: Mapping[str, float], as_of: date, source: str) -> "Rates":
        """These rates where `units_per_eur` has none; raises RatesError for one that stands for EUR per unit."""
        return replace(self, eur_per_unit=self._with(units_per_eur), as_of=as_of, source=source)

    def extended(self, units_per_eur: Mapping[str, float]) -> "Rates":
        """These rates and further ones; raises RatesError for one that stands for EUR per unit."""
        return replace(self, eur_per_unit=self._with(units_per_eur), added=(*self.added, *units_per_eur))

    def in_words(self) -> str:
        """`168 currencies at rates of 31 December 2024 (rates.csv), and TZS by setting`."""
        shipped = " that ships with Vigie" if self.source == SHIPPED else ""
        added = f", and {', '.join(self.added)} by setting" if self.added else ""
        day = f"{self.as_of.day} {MONTHS[self.as_of.month - 1]} {self.as_of.year}"
        return f"{len(self.eur_per_unit)} currencies at rates of {day} ({self.source}{shipped}){added}"

    def _with(self, units_per_eur: Mapping[str, float]) -> dict[str, float]:
        for code, units in units_per_eur.items():
            self._require_direction(code, units)
        return {**self.eur_per_unit, **{code: 1 / units for code, units in units_per_eur.items()}}

    def _require_direction(self, code: str, units: float) -> None:
        """A rate the wrong way round would be off by its square, in silence."""
        if code == EUR and units != 1:
            raise RatesError(f"EUR is {units:g}: rates are units per EUR, so that of EUR is 1.")
        known = 1 / self.eur_per_unit[code] if code in self.eur_per_unit else 0.0
        if known and _factor(units, known) > MAX_DIFFERENCE > _factor(units, 1 / known):
            raise RatesError(
                f"{code} is {units:g}, which looks like EUR per unit: give units per EUR, about {known:.3g}."
            )


@cache
def shipped_rates() -> Rates:
    """The rates that ship with Vigie."""
    text = files("vigie_schemas").joinpath(SHIPPED).read_text(encoding="utf-8")
    dated = read_rates(text, SHIPPED)
    return Rates({EUR: 1.0} | {code: 1 / units for code, units in dated.units_per_eur.items()}, dated.as_of, SHIPPED)


def parse_extra_rates(text: str) -> dict[str, float]:
    """`TZS=2900,XYZ=1.5` → units per EUR by code; raises RatesError for anything else."""
    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        code, _, number = (piece.strip() for piece in part.partition("="))
        if not re.fullmatch(CURRENCY_PATTERN, code) or code in NO_MONEY:
            raise RatesError(f"{part} names no currency: write CODE=UNITS PER EUR with a code of three capitals.")
        if code in found:
            raise RatesError(f"{code} stands there twice: give it one rate.")
        found[code] = _units(part, number)
    return found


def _units(part: str, number: str) -> float:
    try:
        units = float(number)
    except ValueError:
        units = 0.0
    if not 0 < units < float("inf"):
        raise RatesError(f"{part} has no rate: write CODE=UNITS PER EUR, such as TZS=2600, with a decimal point.")
    return units


def _factor(one: float, other: float) -> float:
    return max(one, other) / min(one, other)


class _ShippedRates(Mapping[str, float]):
    """`shipped_rates().eur_per_unit`, read when it is first asked."""

    def __getitem__(self, code: str) -> float:
        return shipped_rates().eur_per_unit[code]

    def __iter__(self) -> Iterator[str]:
        return iter(shipped_rates().eur_per_unit)

    def __len__(self) -> int:
        return len(shipped_rates().eur_per_unit)


EUR_PER_UNIT: Final[Mapping[str, float]] = _ShippedRates()
"""The shipped rates by themselves; a service takes those of its settings (vigie_runtime.rates)."""
