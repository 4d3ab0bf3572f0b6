"""The amount of a proposal: how it is written, what is money out, and in which currency."""

from collections import Counter
from typing import Final

import pyarrow as pa

from vigie_intake.fields.money import currencies_of, units_of
from vigie_intake.inspecting.amounts import Numbers, numbers_in
from vigie_intake.inspecting.columns import Column
from vigie_intake.inspecting.naming import Sureness, folded, unit_of
from vigie_intake.inspecting.parts import Ambiguity, AmbiguityAnswer, Choice, Found
from vigie_runtime.parquet_columns import ColumnKind
from vigie_schemas import EUR_PER_UNIT

FEW_NEGATIVE: Final = 0.2  # up to here they look like refunds, above like money out
_MINOR_WORDS: Final = frozenset(
    ["cent", "cents", "minor", "pence", "penny", "centime", "centimes", "ct", "rappen", "ore"]
)
_MIN_DIFFERING: Final = 5
_USUAL_SIGNS: Final = {"$": "USD", "£": "GBP", "¥": "JPY", "kr": "SEK"}
_ASKED_CURRENCIES: Final = ("EUR", "USD", "GBP", "CHF")


def read_paying(found: Found, columns: dict[str, Column]) -> None:
    """Complete the draft's amount and currency from the values of their columns, and ask what they do not tell."""
    part = found.draft.get("amount")
    if part is None:
        return
    names = [part[key] for key in ("column", "debit", "credit") if part.get(key)]
    numbers = numbers_in(_together([columns[name] for name in names]))
    if not numbers.values:
        found.note(f"{' and '.join(names)} holds no numbers in the part that was read.")
        return
    _read_marks(found, numbers, " and ".join(names))
    if part.get("column") and part.get("out", "all") == "all":
        _read_sign(found, numbers, part["column"])
    _read_currency(found, columns, numbers, names)
    _read_unit(found, columns[names[0]], numbers)


def _together(columns: list[Column]) -> Column:
    if len(columns) == 1:
        return columns[0]
    return Column(columns[0].name, pa.concat_arrays([column.texts for column in columns]))


def _read_marks(found: Found, numbers: Numbers, name: str) -> None:
    part, written = found.draft["amount"], numbers.written
    if numbers.share < 1:
        found.note(f"{1 - numbers.share:.1%} of {name} are no numbers; these rows are refused.")
    if written.is_mixed:
        found.note(
            f"Some of {name} have a decimal point and some a decimal comma; {written.decimal} is taken, "
            "and rows that contradict it are refused."
        )
    if written.is_ambiguous and ("decimal" in part or "thousands" in part):
        return  # a profile knows
    has_marks = written.thousands or written.decimal == "," or "decimal" not in part
    if has_marks:
        part["decimal"], part["thousands"] = written.decimal, written.thousands
    if written.is_ambiguous:
        _ask_marks(found, numbers, name)


def _ask_marks(found: Found, numbers: Numbers, name: str) -> None:
    mark, example = numbers.written.thousands, numbers.example
    digits = example.replace(mark, "")
    answers = (
        AmbiguityAnswer(
            "thousands",
            f"{example} is {int(digits)}",
            {"amount.decimal": numbers.written.decimal, "amount.thousands": mark},
        ),
        AmbiguityAnswer(
            "decimal",
            f"{example} is {example.replace(mark, '.')}",
            {"amount.decimal": mark, "amount.thousands": "." if mark == "," else ""},
        ),
    )
    text = f"In {name}, does {example} mean {int(digits)} or {example.replace(mark, '.')}?"
    found.ask(Ambiguity("decimal", "amount", text, numbers.written.reason, "thousands", answers))


def _read_sign(found: Found, numbers: Numbers, name: str) -> None:
    share = numbers.negative_share
    if share == 0:
        return
    taken = "positive" if share <= FEW_NEGATIVE else "negative"
    part = found.draft["amount"]
    part["out"] = taken
    answers = (
        AmbiguityAnswer(
            "negative",
            "money out is negative, as in most bank exports; positive is money in",
            {"amount.out": "negative"},
        ),
        AmbiguityAnswer(
            "positive", "money out is positive; negative is a refund or money in", {"amount.out": "positive"}
        ),
        AmbiguityAnswer("all", "every row is money out; rows below zero are refused", {"amount.out": "all"}),
    )
    few = "few enough for refunds" if taken == "positive" else "too many for refunds"
    reason = f"{share:.0%} of the amounts are below zero, {few}"
    found.ask(
        Ambiguity("sign", "amount", f"{name} has amounts of both signs. Which are money out?", reason, taken, answers)
    )


def _read_unit(found: Found, column: Column, numbers: Numbers) -> None:
    part = found.draft["amount"]
    if set(folded(column.name).split("_")) & _MINOR_WORDS:
        part["unit"] = "minor"
        found.note(f"{column.name} is in the smallest unit of its currency, as its name says.")
        return
    constant = (found.draft.get("currency") or {}).get("constant", "EUR")
    if numbers.whole_share < 1 or numbers.differing < _MIN_DIFFERING or units_of(constant) == 1:
        return
    if found.draft.get("currency", {}).get("column"):
        constant = "the currency"
    answers = (
        AmbiguityAnswer("major", f"whole units of {constant}", {"amount.unit": "major"}),
        AmbiguityAnswer("minor", "cents, pence and the like: 1250 is 12.50", {"amount.unit": "minor"}),
    )
    reason = "no column says cents; if it were wrong, all amounts would be wrong by the same factor"
    text = f"All of {column.name} are whole numbers. Are they whole units or cents?"
    found.ask(Ambiguity("unit", "amount", text, reason, "major", answers))


def _read_currency(found: Found, columns: dict[str, Column], numbers: Numbers, names: list[str]) -> None:
    part = found.draft.get("currency") or {}
    if (column := part.get("column")) in columns:
        _check_codes(found, columns[column])
        return
    if part.get("constant"):
        return
    named = next((unit for name in names if (unit := unit_of(name)) and _codes(unit)), None)
    beside = numbers.signs or Counter()
    if named:
        _constant(found, _codes(named)[0], f"the name of {names[0]} says {named}", Sureness.SURE)
        return
    if len(beside) > 1:
        found.note(
            f"{names[0]} has amounts of several currencies ({', '.join(sorted(beside))}); rows of others are refused."
        )
    if beside:
        sign = beside.most_common(1)[0][0]
        codes = _codes(sign)
        if len(codes) == 1:
            _constant(found, codes[0], f"{sign} stands beside the amounts", Sureness.SURE)
            return
    taken = next((_USUAL_SIGNS.get(sign, "EUR") for sign in beside), "EUR")
    reason = f"{next(iter(beside))} stands beside the amounts" if beside else "nothing in the file names one"
    _constant(found, taken, reason, Sureness.LIKELY if beside else Sureness.GUESS)
    answers = tuple(
        AmbiguityAnswer(code, "", {"currency.constant": code}) for code in dict.fromkeys((taken, *_ASKED_CURRENCIES))
    )
    text = "Which currency are the amounts in?"
    found.ask(Ambiguity("currency", "currency", text, reason, taken, answers, free="currency.constant"))


def _check_codes(found: Found, column: Column) -> None:
    values: dict[str, str] = {}
    unknown: list[str] = []
    for word in column.counts:
        code = word.upper()
        if code in EUR_PER_UNIT:
            values |= {word: code} if word != code else {}
        elif len(codes := _codes(word)) == 1 or word in _USUAL_SIGNS:
            values[word] = codes[0] if len(codes) == 1 else _USUAL_SIGNS[word]
        else:
            unknown.append(word)
    if values:
        found.draft["currency"]["values"] = values
    if unknown:
        found.note(
            f"{column.name} has {', '.join(unknown[:5])}, no currency whose rate is known; these rows are refused."
        )
    if len(column.present) < len(column.texts):
        found.draft["currency"].setdefault("default", "EUR")
        found.note(f"Where {column.name} is empty, EUR is taken: currency.default changes it.")


def _codes(sign: str) -> list[str]:
    return sorted(code for code in currencies_of(sign.strip()) if code in EUR_PER_UNIT)


def _constant(found: Found, code: str, reason: str, sureness: Sureness) -> None:
    found.draft["currency"] = {"constant": code}
    found.choices.append(Choice("currency", f"always {code}", reason, sureness))


def is_amount(column: Column) -> bool:
    """Whether a column could be amounts: numbers that differ, and no account numbers."""
    if column.kind not in (ColumnKind.TEXT, ColumnKind.NUMBER, ColumnKind.WHOLE_NUMBER):
        return False
    return numbers_in(column).share > 0.5 and not column.holds_account_numbers


def differ_together(columns: list[Column]) -> bool:
    """Whether of debit and credit each row has at most one, as it has to be."""
    both = [bool(one) and bool(two) for one, two in zip(*(_nonzero(column) for column in columns), strict=True)]
    return sum(both) <= 0.05 * max(1, len(both))


def _nonzero(column: Column) -> list[bool]:
    return [bool(text) and any(digit in "123456789" for digit in text) for text in column.texts.to_pylist()]
