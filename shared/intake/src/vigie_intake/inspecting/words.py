"""Words whose meaning in a column is known."""

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal


def means(word: str, meaning: str) -> bool:
    """Whether a word means `out`, `in`, `fraud`, `legitimate`, `pending` or `undone`, in any case of letters."""
    return word.strip().casefold() in _words()[meaning]


def counterparts(words: Sequence[str], wanted: Literal["fraud", "legitimate"]) -> list[str]:
    """The words that stand for fraud, or its opposite, where these stand for the other."""
    place = 0 if wanted == "fraud" else 1
    known = {word.casefold() for word in words}
    found = [pair[place] for pair in _words()["pairs"] if pair[1 - place] in known]
    return list(dict.fromkeys(found)) or (["1", "true"] if wanted == "fraud" else ["0", "false"])


@lru_cache(1)
def _words() -> dict[str, list[Any]]:
    text = (files("vigie_intake") / "inspecting" / "words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
