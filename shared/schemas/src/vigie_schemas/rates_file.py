"""Files of reference rates in the layout of the ECB's: a header of codes, then a date and units per EUR a line.

The daily file (eurofxref.csv) has one line, written `Date, USD, …` and `03 June 2021, 1.2187, …`; the historic one
(eurofxref-hist.csv) has one a day, written `2021-06-03,1.2187,N/A,…`. Both end each line in a comma.
"""

import csv
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

DATE: Final = "Date"
ABSENT: Final = ("", "N/A")
MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)  # strptime's depend on the language of the machine

_CODE: Final = re.compile("[A-Z]{3}")
_ISO_DAY: Final = re.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})")
_WRITTEN_DAY: Final = re.compile("([0-9]{1,2}) ([A-Za-z]+) ([0-9]{4})")
_Line = tuple[int, list[str]]


class RatesError(ValueError):
    """Rates that cannot be used, in a sentence."""


@dataclass(frozen=True)
class DatedRates:
    """One line of such a file."""

    as_of: date
    units_per_eur: Mapping[str, float]


def read_rates(text: str, name: str) -> DatedRates:
    """The newest line of the file's text, without the codes it has no rate for.

    Raises RatesError that names the file, the line and what is wrong there.
    """
    lines = list(_lines(text, name))
    if not lines:
        raise RatesError(f"{name} is empty: {_LAYOUT}")
    (number, header), *rows = lines
    codes = _codes(name, number, header)
    if not rows:
        raise RatesError(f"{name} has a header and no rates: {_LAYOUT}")
    dated = [(_day(name, number, cells[0]), number, cells) for number, cells in rows]
    for _, number, cells in dated:
        if len(cells) != len(header):
            raise RatesError(f"{name}, line {number}: {len(cells)} fields and {len(header)} in the header.")
    as_of, number, cells = max(dated, key=lambda line: line[0])
    return DatedRates(as_of, _units(name, number, codes, cells[1:]))


_LAYOUT: Final = (
    "the first line is Date and codes, the next ones a date and units per EUR, as in the ECB's eurofxref.csv."
)


def _lines(text: str, name: str) -> Iterator[_Line]:
    """Lines that hold anything, by number from 1, without the empty field after a comma at the end."""
    reader = csv.reader(text.removeprefix("\ufeff").splitlines(), strict=True)
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if stripped and not stripped[-1]:
                stripped.pop()
            if stripped:
                yield reader.line_num, stripped
    except csv.Error as error:
        raise RatesError(f"{name}, line {reader.line_num}: {error}.") from None


def _codes(name: str, number: int, header: Sequence[str]) -> list[str]:
    first, *codes = header
    if first != DATE or not codes:
        raise RatesError(f"{name}, line {number} begins with {_shown(first)}: {_LAYOUT}")
    for code in codes:
        if not _CODE.fullmatch(code):
            raise RatesError(f"{name}, line {number}: {_shown(code)} is no code of a currency, such as USD.")
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice:
        raise RatesError(f"{name}, line {number}: {twice} stands there twice.")
    return codes


def _day(name: str, number: int, text: str) -> date:
    iso, written = _ISO_DAY.fullmatch(text), _WRITTEN_DAY.fullmatch(text)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if written:
            return date(int(written[3]), MONTHS.index(written[2].capitalize()) + 1, int(written[1]))
    except ValueError:
        pass
    raise RatesError(f"{name}, line {number}: {_shown(text)} is no date such as 03 June 2021 or 2021-06-03.")


def _units(name: str, number: int, codes: Sequence[str], cells: Sequence[str]) -> dict[str, float]:
    found = {}
    for code, cell in zip(codes, cells, strict=True):
        if cell in ABSENT:
            continue
        try:
            units = float(cell)
        except ValueError:
            units = math.nan
        if not 0 < units < math.inf:
            raise RatesError(
                f"{name}, line {number}: {code} is {_shown(cell)} and not a number above 0 with a decimal point."
            )
        found[code] = units
    return found


def _shown(text: str) -> str:
    return repr(text if len(text) <= 20 else text[:20] + "…")
