"""Log events of every package: one row an event, and the rules that keep the list short and searchable."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vigie_docs.log_calls import BrokenRule, LogCall, log_calls
from vigie_docs.sources import packages

LITTLE_WORDS = frozenset(
    {"a", "an", "and", "are", "be", "been", "by", "for", "from", "has", "have", "in", "is", "it", "its", "now", "of"}
    | {"on", "or", "so", "the", "to", "was", "were", "yet"}
)
"""Left out when two events are compared."""
OTHER_WORDS_OF_UNAVAILABLE = re.compile(
    r"\b(away|down|unreachable|not reachable|does not answer|do not answer|did not answer|no answer)\b"
)
"""An outage has one word, so that one search finds every outage."""


@dataclass(frozen=True)
class LogEvent:
    """An event of one package, wherever in it the event is logged."""

    event: str
    level: str
    fields: tuple[str, ...]
    modules: tuple[str, ...]


def read_repository(repository: Path) -> tuple[dict[str, list[LogCall]], list[str]]:
    """Log calls of each package by its folder, and what is wrong with them, one sentence each."""
    calls: dict[str, list[LogCall]] = {}
    problems: list[str] = []
    for package in packages(repository):
        found: list[LogCall] = []
        for module, path in package.modules():
            for call in log_calls(module, path.read_text()):
                if isinstance(call, BrokenRule):
                    problems.append(f"{path.relative_to(repository)}:{call.line}: {call.sentence}")
                else:
                    found.append(call)
        if found:
            calls[package.folder] = found
    problems += broken_rules([call for found in calls.values() for call in found])
    return calls, problems


def events(calls: Iterable[LogCall]) -> list[LogEvent]:
    """One row an event, in the order of their texts; fields and modules of all its places."""
    places: dict[tuple[str, str], list[LogCall]] = defaultdict(list)
    for call in calls:
        places[call.event, call.level].append(call)
    return [
        LogEvent(
            event,
            level,
            tuple(dict.fromkeys(field for call in found for field in call.fields)),
            tuple(sorted({call.module for call in found})),
        )
        for (event, level), found in sorted(places.items())
    ]


def broken_rules(calls: Sequence[LogCall]) -> list[str]:
    """What the list does not allow: two levels of one event, two texts of one event, two words of one outage."""
    return [*_two_levels(calls), *_near_duplicates({call.event for call in calls}), *_outages(calls)]


def _two_levels(calls: Iterable[LogCall]) -> Iterator[str]:
    levels: dict[str, set[str]] = defaultdict(set)
    for call in calls:
        levels[call.event].add(call.level)
    for event, found in sorted(levels.items()):
        if len(found) > 1:
            yield f'"{event}" is logged as {" and ".join(sorted(found))}: give it one level'


def _near_duplicates(texts: Iterable[str]) -> Iterator[str]:
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for text in sorted(texts):
        alike[essence(text)].append(text)
    for found in alike.values():
        if len(found) > 1:
            yield f"{' and '.join(repr(text) for text in found)} say the same: use one text"


def _outages(calls: Iterable[LogCall]) -> Iterator[str]:
    for event in sorted({call.event for call in calls}):
        if OTHER_WORDS_OF_UNAVAILABLE.search(event):
            yield f'"{event}": an outage is called "unavailable"'


def essence(text: str) -> tuple[str, ...]:
    """The words that count, without their endings, in order of the alphabet: equal essence, equal meaning."""
    words = set(re.findall(r"[a-z]+", text.lower())) - LITTLE_WORDS
    return tuple(sorted({re.sub(r"(ing|ed|es|s|e)$", "", word) for word in words}))
