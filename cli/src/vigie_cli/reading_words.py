"""How a field of a mapping is read, in words: its format, its marks, its unit."""

from typing import Any, Final

_OUT: Final = {
    "negative": "money out is negative",
    "positive": "money out is positive",
    "all": "every row is money out",
}


def how_read(field: str, draft: dict[str, Any]) -> str:
    """What the mapping says beside the column; empty where there is nothing to say."""
    part = draft.get(field)
    if not isinstance(part, dict):
        return ""
    words = {"timestamp": _timestamp, "amount": _amount, "label": _label}.get(field, _text)(part)
    return "; ".join(words)


def _timestamp(part: dict[str, Any]) -> list[str]:
    form, precision = part.get("format"), part.get("precision")
    written = f"steps of {part['step_seconds']:g} s from {part['start']}" if form == "steps" else form
    words = [written] if written else []
    if precision:
        words.append(f"to the {precision}")
    return words + ([part["zone"]] if part.get("zone") else [])


def _amount(part: dict[str, Any]) -> list[str]:
    decimal, thousands = part.get("decimal", "."), part.get("thousands", "")
    words = [f"as in 1{thousands}234{decimal}56"] if thousands or decimal != "." else []
    if part.get("unit") == "minor":
        words.append("in cents")
    if part.get("out") == "column":
        inward = part.get("in_words", ())
        return [*words, f"out: {', '.join(part['out_words'])}" + (f"; in: {', '.join(inward)}" if inward else "")]
    return words if part.get("debit") else [*words, _OUT[part.get("out", "all")]]


def _label(part: dict[str, Any]) -> list[str]:
    return [f"fraud: {', '.join(part.get('fraud', ('1', 'true')))}"]


def _text(part: dict[str, Any]) -> list[str]:
    words = ["always by a pseudonym"] if part.get("pseudonym") == "always" else []
    return words + ([f"{part['default']} where empty"] if part.get("default") else [])
