"""Whether a text is one JSON document that pydantic would read alike (vigie_schemas.json_documents).

Written as SQL: a column is described by one call into the JVM instead of by dozens (docs/adr/0025).
"""

from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F

from vigie_schemas.json_documents import LONG_NUMBER_PATTERN, MAX_DEPTH, MAX_DIGITS

_PAIRS: Final = r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_SURROGATE: Final = r"\\u[dD][89a-fA-F]"
_DEEPEST: Final = 100_000
"""More than a record has characters, so that the depth now and the greatest one so far fit into one number."""


def in_object(text: str) -> str:
    """SQL of the text in that column as the value of a field; see `is_one_document` for why."""
    return f"""concat('{{"record":', {text}, '}}')"""


def is_one_document(text: str) -> Column:
    """Whether nothing stands beside the document, given that `in_object` is readable; each field in it once.

    What follows the first document in an object can only be a comma or a closing brace, or the object is not readable;
    in a list a comma or a closing bracket. A comma satisfies both, and then the list has two elements.
    """
    return F.expr(
        f"coalesce(json_array_length(concat('[', {text}, ']')) = 1 "
        f"and not {_has_a_field_twice(text)} and not {_has_half_a_pair(text)} "
        f"and not {_has_a_long_number(text)} and not {_is_too_deep(text)}, false)"
    )


def _has_a_field_twice(text: str) -> str:
    names = f"json_object_keys({text})"
    return f"(size({names}) > size(array_distinct({names})))"


def _has_half_a_pair(text: str) -> str:
    r"""An escaped surrogate without its other half, such as \ud800, is no character."""
    return rf"(contains({text}, r'\u') and regexp_replace({text}, r'{_PAIRS}', ' ') rlike r'{_SURROGATE}')"


def _has_a_long_number(text: str) -> str:
    return f"(octet_length({text}) > {MAX_DIGITS} and {text} rlike r'{LONG_NUMBER_PATTERN}')"


def _is_too_deep(text: str) -> str:
    """Counted bracket by bracket only where there are so many that it could be."""
    openers = f"length(regexp_replace({text}, r'[^\\[{{]+', ''))"
    return f"(octet_length({text}) > {2 * MAX_DEPTH} and {openers} > {MAX_DEPTH} and {_depth(text)} > {MAX_DEPTH})"


def _depth(text: str) -> str:
    without_texts = rf"""regexp_replace(regexp_replace({text}, r'(?s)\\.', ''), '"[^"]*"', '')"""
    brackets = rf"split(regexp_replace({without_texts}, r'[^\[\]{{}}]+', ''), '')"
    step = "case when bracket in ('[', '{') then 1L when bracket in (']', '}') then -1L else 0L end"
    now = f"(pmod(depths, {_DEEPEST}L) + {step})"
    greatest = f"(depths div {_DEEPEST})"
    with_next = f"if({now} > {greatest}, {now}, {greatest}) * {_DEEPEST}L + {now}"
    return f"(aggregate({brackets}, 0L, (depths, bracket) -> {with_next}) div {_DEEPEST})"
