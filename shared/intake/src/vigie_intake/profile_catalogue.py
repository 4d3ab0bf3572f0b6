"""The profiles that come with the package: mappings of public data sets and exports, known by their columns."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any, Final

from pydantic import Field

from vigie_intake.mapping import FIELDS, Mapping, MappingPart

Draft = dict[str, Any]
"""A mapping that is not complete yet, as its TOML would be read."""

_ONE_COLUMN: Final = ("column", "debit", "credit", "direction")


class Headers(MappingPart):
    """One way in which the columns of a profile are called: a language, or a version of the export."""

    name: str
    also: tuple[str, ...] = Field(default=(), description="Columns it needs beside the profile's.")
    columns: dict[str, str] = Field(default_factory=dict, description="Name in the profile → name in such a file.")
    replace: dict[str, Any] = Field(default_factory=dict, description="Fields of the mapping that differ.")


class Profile(MappingPart):
    """A mapping for a kind of file that many people have, or why such a file cannot be used."""

    name: str
    version: Annotated[int, Field(ge=1)]
    title: str
    needs: Annotated[tuple[str, ...], Field(min_length=2)]
    settled: tuple[str, ...] = Field(default=(), description="Questions whose answer is known.")
    notes: tuple[str, ...] = ()
    refused: str | None = Field(default=None, description="Why no mapping can be made.")
    mapping: dict[str, Any] = Field(default_factory=dict)
    headers: tuple[Headers, ...] = ()

    @property
    def variants(self) -> tuple[Headers, ...]:
        """Its headers; one of the profile's own names where it lists none."""
        return self.headers or (Headers(name=""),)


@dataclass(frozen=True)
class Match:
    """A profile that a file's columns fit: its draft with the file's own names, and what the file lacks."""

    profile: Profile
    headers: str
    draft: Draft
    absent: tuple[str, ...]
    needed: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Why it is taken for this profile."""
        variant = f", as in its {self.headers} files" if self.headers else ""
        return f"it has the columns {', '.join(self.needed)}{variant}"


@lru_cache(1)
def profiles() -> tuple[Profile, ...]:
    """All profiles, by name."""
    folder = files("vigie_intake") / "profiles"
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return tuple(
        Profile(name=one.name.removesuffix(".toml"), **tomllib.loads(one.read_text(encoding="utf-8"))) for one in found
    )


def recognise(columns: Sequence[str]) -> Match | None:
    """The profile that needs most of these columns, whatever their case; None where no profile fits."""
    there = {_folded(column): column for column in reversed(columns)}
    matches = [
        match for profile in profiles() for headers in profile.variants if (match := _matched(profile, headers, there))
    ]
    return max(matches, key=lambda match: len(match.needed), default=None)


def columns_of(part: object) -> list[str]:
    """The columns that a draft's field reads."""
    if not isinstance(part, dict):
        return []
    single = [part[key] for key in _ONE_COLUMN if part.get(key)]
    return [*single, *part.get("columns", ())]


def mapping_of(draft: Draft) -> Mapping | None:
    """The mapping, where time, account and amount are known."""
    complete = all(draft.get(name) for name in ("timestamp", "account_id", "amount"))
    return Mapping.model_validate(draft) if complete else None


def _matched(profile: Profile, headers: Headers, there: dict[str, str]) -> Match | None:
    names = dict(headers.columns)
    needed = [names.get(name, name) for name in (*profile.needs, *headers.also)]
    if not all(_folded(name) in there for name in needed):
        return None
    draft: Draft = {"profile": profile.name}
    absent: list[str] = []
    for field, part in {**profile.mapping, **headers.replace}.items():
        parts = [_renamed(one, names, there) for one in (part if field == "drop" else [part])]
        kept = [one for one in parts if one is not None]
        absent += [] if kept else [field]
        if kept:
            draft[field] = kept if field == "drop" else kept[0]
    return Match(profile, headers.name, draft, tuple(absent), tuple(there[_folded(name)] for name in needed))


def _renamed(part: dict[str, Any], names: dict[str, str], there: dict[str, str]) -> dict[str, Any] | None:
    """The part with the file's names for its columns; None where the file lacks one."""
    result = dict(part)
    for key in _ONE_COLUMN:
        if name := result.get(key):
            result[key] = there.get(_folded(names.get(name) or name))
            if result[key] is None:
                return None
    if "columns" in result:
        wanted = [there.get(_folded(names.get(name) or name)) for name in result["columns"]]
        result["columns"] = [name for name in wanted if name is not None]
        if not result["columns"]:
            return None
        if len(result["columns"]) == 1:
            result["column"] = result.pop("columns")[0]
            result.pop("join", None)
    return result


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def fields_of(draft: Draft) -> list[str]:
    """The fields of a transaction that a draft fills, in the order of the contract."""
    return [name for name in FIELDS if draft.get(name)]
