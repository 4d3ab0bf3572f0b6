"""How times are written: ISO 8601 and strptime's directives as expressions with one group for each part."""

import re
from typing import Final

from vigie_runtime import ConfigurationError

_ZONE: Final = r"(?P<z>Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)"
_CLOCK: Final = r"(?P<H>\d{2})(?::(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,](?P<f>\d{1,12}))?)?)?"
_BASIC_CLOCK: Final = r"(?P<H>\d{2})(?:(?P<M>\d{2})(?:(?P<S>\d{2})(?:[.,](?P<f>\d{1,12}))?)?)?"
ISO: Final = (
    rf"(?P<Y>\d{{4}})[-/.](?P<m>\d{{2}})[-/.](?P<d>\d{{2}})(?:[T ]{_CLOCK}\s?{_ZONE}?)?",
    rf"(?P<Y>\d{{4}})(?P<m>\d{{2}})(?P<d>\d{{2}})(?:[T ]?{_BASIC_CLOCK}\s?{_ZONE}?)?",
)
"""Year first, with marks between or without; a clock may miss, or miss its seconds."""

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS: Final = {name: number for number, name in enumerate(_MONTHS, 1)}
NUMBERS: Final = frozenset("YymdHIMSf")
"""Groups that are digits; of the others the text is looked up."""

_MONTH_WORDS: Final = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_DIRECTIVES: Final = {
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<y>\d{2})",
    "m": r"(?P<m>\d{1,2})",
    "d": r"(?P<d>\d{1,2})",
    "H": r"(?P<H>\d{1,2})",
    "I": r"(?P<I>\d{1,2})",
    "M": r"(?P<M>\d{1,2})",
    "S": r"(?P<S>\d{1,2})",
    "f": r"(?P<f>\d{1,12})",
    "b": rf"(?P<b>(?i:{_MONTH_WORDS}))\.?",
    "p": r"(?P<p>(?i:[ap]\.?m\.?))",
    "z": _ZONE,
    "a": r"(?i:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)\.?",
    "%": "%",
}
_ALIKE: Final = {"B": "b", "A": "a"}


def expression_of(form: str) -> str:
    """The expression for a format such as %d.%m.%Y %H:%M; raises ConfigurationError for what it cannot mean.

    Digits may miss their leading zero unless the next directive follows at once, as in %d%m%Y. Names of months and
    days are English. A Z at the end is the zone UTC.
    """
    if form.endswith("Z") and not form.endswith("%Z"):
        form = f"{form[:-1]}%z"
    parts = re.findall(r"%.|%$|\s+|[^%\s]", form)
    expression, used = "", []
    for part, following in zip(parts, [*parts[1:], ""], strict=True):
        if not part.startswith("%"):
            expression += r"\s+" if part.isspace() else re.escape(part)
            continue
        name = _ALIKE.get(part[1:], part[1:])
        if name not in _DIRECTIVES or name in used:
            raise ConfigurationError(f"The time format {form!r} {_wrong(part, name in used)}")
        used += [name] if name not in "a%" else []
        written = _DIRECTIVES[name]
        expression += written.replace("{1,2}", "{2}") if following[:1] == "%" and following != "%%" else written
    _check_complete(form, set(used))
    return expression


def _wrong(part: str, twice: bool) -> str:
    known = " ".join(f"%{name}" for name in (*_DIRECTIVES, *_ALIKE))
    return f"has {part} twice. Write it once." if twice else f"has {part}, which is not known. There are: {known}."


def _check_complete(form: str, used: set[str]) -> None:
    missing = [
        name
        for name, there in (
            ("a year (%Y or %y)", used & {"Y", "y"}),
            ("a month (%m or %b)", used & {"m", "b"}),
            ("a day (%d)", used & {"d"}),
            ("%p beside %I", not used & {"I"} or used & {"p"}),
            ("an hour (%H or %I)", not used & {"M", "S", "p"} or used & {"H", "I"}),
        )
        if not there
    ]
    if missing:
        raise ConfigurationError(
            f"The time format {form!r} lacks {', '.join(missing)}. Add it, or leave the format out."
        )
    if {"Y", "y"} <= used or {"m", "b"} <= used or {"H", "I"} <= used:
        raise ConfigurationError(f"The time format {form!r} has the year, the month or the hour twice. Write it once.")
