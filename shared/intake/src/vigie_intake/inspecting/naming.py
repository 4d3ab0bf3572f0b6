"""What a column's name says it is, by a dictionary of names in English, French and German."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Final

_WORD_EDGE: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")
_UNIT: Final = re.compile(r"\s*[(\[]\s*(?P<unit>[^)\]]{1,12})\s*[)\]]\s*$")
_AFFIXES: Final = ("transaction_", "trans_", "tx_", "txn_", "payment_", "op_", "operation_")
_ENDINGS: Final = ("_cents", "_cent", "_minor", "_pence", "_centimes", "_utc", "_ms", "_local")
_REPEATED: Final = re.compile(r"#\d+$")


class Sureness(StrEnum):
    """How sure a proposal is."""

    SURE = "sure"
    LIKELY = "likely"
    GUESS = "guess"


@dataclass(frozen=True)
class Named:
    """A role that a name can mean; `rank` is smaller for better names."""

    role: str
    sureness: Sureness
    rank: int


def folded(name: str) -> str:
    """A name without accents, case, marks and unit: `Montant (EUR)` → `montant`, `merchantId` → `merchant_id`."""
    plain = _WORD_EDGE.sub("_", _UNIT.sub("", name))
    plain = plain.replace("ß", "ss")
    plain = unicodedata.normalize("NFKD", plain)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
    return _NOT_WORD.sub("_", plain).strip("_")


def unit_of(name: str) -> str | None:
    """What stands in brackets at a name's end: `Amount (EUR)` → `EUR`."""
    found = _UNIT.search(name)
    return found["unit"] if found else None


def roles_of(column: str) -> list[Named]:
    """Every role the column's name can mean; of a path such as `after.amount` its last part counts."""
    plain = folded(_REPEATED.sub("", column))
    last = folded(column.rsplit(".", 1)[-1])
    found: dict[str, Named] = {}
    for step, name in enumerate(dict.fromkeys((plain, last, *_shortened(plain), *_shortened(last), *_joined(plain)))):
        for named in _dictionary().get(name, ()):
            sureness = Sureness.LIKELY if step and named.sureness is Sureness.SURE and name != last else named.sureness
            found.setdefault(named.role, Named(named.role, sureness, named.rank + 100 * step))
    return list(found.values())


def _shortened(name: str) -> list[str]:
    """The name without what is put before or behind it: `tx_amount`, `amt_cents`, `booked_at_utc`."""
    short = [name.removeprefix(affix) for affix in _AFFIXES if name.startswith(affix)]
    return short + [name.removesuffix(end) for end in _ENDINGS if name.endswith(end)]


def _joined(name: str) -> list[str]:
    """`name_orig` is also written nameorig, and `nameOrig` folds to name_orig."""
    return [name.replace("_", "")] if "_" in name else []


@lru_cache(1)
def _dictionary() -> dict[str, tuple[Named, ...]]:
    text = (files("vigie_intake") / "inspecting" / "column_names.toml").read_text(encoding="utf-8")
    names: dict[str, list[Named]] = {}
    for role, words in tomllib.loads(text).items():
        for rank, word in enumerate((*words["sure"], *words["likely"])):
            sureness = Sureness.SURE if rank < len(words["sure"]) else Sureness.LIKELY
            names.setdefault(word, []).append(Named(role, sureness, rank))
    return {name: tuple(found) for name, found in names.items()}
