"""What is one JSON document for every reader of Vigie: what parsers disagree on is refused before anything is read.

pydantic takes NaN, numbers and names of any length, and the last of two fields of one name; Spark takes other things.
A record is judged once, so both refuse all of them (docs/adr/0002).
"""

import json
import re
from typing import Any, Final

MAX_DIGITS: Final = 500
LONG_NUMBER_PATTERN: Final = f"[0-9][0-9.eE+-]{{{MAX_DIGITS}}}"
"""More digits and signs of a number in one piece than may stand in a document, in its texts too: where parsers give up
differs, and no figure needs as many."""
MAX_NAME_UNITS: Final = 50_000
"""In UTF-16: the limit of Jackson, which Spark reads by."""
MAX_DEPTH: Final = 201
"""Objects and lists inside one another: the limit of pydantic's parser."""

_LONG_NUMBER: Final = re.compile(LONG_NUMBER_PATTERN, re.ASCII)

Pairs = list[tuple[str, Any]]


def problem_of(document: str | bytes | bytearray) -> str | None:
    """Why it is not one JSON document that all read alike, as the end of a sentence; None where it is one.

    Bytes are UTF-8. The depth is not looked at, pydantic does that.
    """
    text = document if isinstance(document, str) else document.decode("utf-8", "replace")
    if _LONG_NUMBER.search(text):
        return "a number has too many digits"
    try:
        pairs = json.loads(text, object_pairs_hook=_named, parse_constant=_refuse_constant, parse_float=str)
    except (ValueError, RecursionError) as error:
        return str(error)
    if isinstance(pairs, list) and len({name for name, _ in pairs}) < len(pairs):
        return "a field stands in it twice"
    return None


def _named(pairs: Pairs) -> Pairs:
    for name, _ in pairs:
        if len(name) * 2 > MAX_NAME_UNITS and len(name.encode("utf-16-le", "surrogatepass")) > MAX_NAME_UNITS * 2:
            raise ValueError("the name of a field is too long")
    return pairs


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")
