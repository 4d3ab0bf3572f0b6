"""Slack's own markup: what comes from data can neither mention a person, nor link, nor grow without end."""

import re
from datetime import datetime
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

CONTROL_CHARACTERS: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
SLACK_PERSON: Final = re.compile(r"\(?\bslack:([A-Z0-9]{1,32})\)?$")
MAX_WRITTEN_OUT: Final = 1e15
"""Above it digits only fill the line; no payment is that large, but the contract of `amount_eur` has no limit."""


def escaped(text: str, longest: int) -> str:
    """The text in one line of at most `longest` characters, with Slack's control characters made harmless."""
    # isprintable also drops marks that turn the direction of what follows
    readable = " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())
    kept = readable.translate(CONTROL_CHARACTERS)
    if len(kept) <= longest:
        return kept
    kept = ""
    for mark in readable:
        harmless = mark.translate(CONTROL_CHARACTERS)
        if len(kept) + len(harmless) >= longest:
            break
        kept += harmless
    return kept.rstrip() + "…"


def link(url: str, words: str) -> str:
    """A link; `words` are ours, not from data."""
    # the address could end the link early, or hold a text of its own
    return f"<{quote(url, safe=':/?#[]@!$&()*+,;=%~-._').translate(CONTROL_CHARACTERS)}|{words}>"


def mention(person: str) -> str:
    """Who it was: people who answered in Slack by the name Slack shows for them."""
    found = SLACK_PERSON.search(person)
    return f"<@{found[1]}>" if found else escaped(person, 100)


def amount(number: float, currency: str) -> str:
    """An amount with its currency."""
    return f"{number:,.2f} {currency}" if 0.01 <= number < MAX_WRITTEN_OUT else f"{number:.3g} {currency}"


def moment(at_ms: int, zone: ZoneInfo) -> str:
    """A time by the clock of the zone (milliseconds since 1970 UTC)."""
    return datetime.fromtimestamp(at_ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S %Z")
