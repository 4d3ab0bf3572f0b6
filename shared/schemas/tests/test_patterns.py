"""Whether one pattern's texts all fit another is decided as trying texts would."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie_schemas.compatibility.expressions import PatternNotUnderstoodError
from vigie_schemas.compatibility.patterns import fits_within
from vigie_schemas.record import CARD_NUMBER_PATTERN, IBAN_PATTERN, IDENTIFIER_PATTERN


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("^[A-Za-z0-9._:@-]{1,64}$", "^[A-Za-z0-9._:@-]{1,128}$"),
        ("^alert:[A-Za-z]{1,64}$", "^[A-Za-z:]{7,70}$"),
        ("^[A-Z]{2}$", "^[A-Z]+$"),
        ("^(EUR|USD)$", "^[A-Z]{3}$"),
        ("^a$", "a"),
        ("^(ab)*$", "^[ab]*$"),
        (r"^\d{3}$", "^[0-9]{2,}$"),
        ("^x?y$", "y$"),
        (CARD_NUMBER_PATTERN, IDENTIFIER_PATTERN),
        (IBAN_PATTERN, IDENTIFIER_PATTERN),
    ],
)
def test_a_narrower_pattern_fits_and_the_wider_one_does_not(narrow: str, wide: str) -> None:
    assert fits_within(narrow, wide)
    assert not fits_within(wide, narrow)


def test_a_line_feed_is_no_dot() -> None:
    assert not fits_within("^[^a-z]$", ".")


@pytest.mark.parametrize(
    "pattern", [r"(?=a)b", r"\bword", r"(a)\1", "a*?", "^a{3,1}$", "[]a]", "(a", "a{2000}", r"\w+"]
)
def test_what_is_not_modelled_is_said(pattern: str) -> None:
    with pytest.raises(PatternNotUnderstoodError):
        fits_within(pattern, "a")


def atoms() -> st.SearchStrategy[str]:
    return st.sampled_from(["a", "b", "c", "[ab]", "[^a]", ".", "[a-c]", r"\.", "x"])


def repeated(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(parts, st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,2}", "{2,}", "{0,1}"])).map("".join)


def sequences(units: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(repeated(units), min_size=1, max_size=3).map("".join)


def patterns() -> st.SearchStrategy[str]:
    def grouped(units: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.lists(sequences(units), min_size=1, max_size=2).map(lambda choices: f"({'|'.join(choices)})")

    whole = sequences(st.recursive(atoms(), grouped, max_leaves=4))
    return st.tuples(st.sampled_from(["^", ""]), whole, st.sampled_from(["$", ""])).map("".join)


def is_found(pattern: str, text: str) -> bool:
    return re.search(pattern.replace("$", r"\Z"), text) is not None


@given(patterns(), patterns(), st.lists(st.text("abcx.\n", max_size=6), max_size=12))
def test_no_text_contradicts_the_answer(narrow: str, wide: str, texts: list[str]) -> None:
    fits = fits_within(narrow, wide)

    assert not fits or all(is_found(wide, text) for text in texts if is_found(narrow, text))


@given(patterns())
def test_each_pattern_fits_itself_and_everything(pattern: str) -> None:
    assert fits_within(pattern, pattern)
    assert fits_within(pattern, "")


@given(patterns(), patterns())
def test_a_short_text_that_shows_a_difference_is_never_overlooked(narrow: str, wide: str) -> None:
    texts = ["".join(letters) for length in range(5) for letters in itertools.product("abx\n", repeat=length)]
    differs = any(is_found(narrow, text) and not is_found(wide, text) for text in texts)

    assert not (differs and fits_within(narrow, wide))
