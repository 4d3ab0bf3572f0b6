"""What a file is, what Vigie would make of it, and what it would refuse; read in part, whatever its size."""

import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from vigie_intake.conversion import Converter
from vigie_intake.fields.tally import HOW
from vigie_intake.inspecting.places import FileSample, Place, sample_of
from vigie_intake.inspecting.showing import ColumnView, view_of
from vigie_intake.mapping import FIELDS, Layout, Mapping
from vigie_intake.profile_catalogue import columns_of
from vigie_intake.proposal import Ambiguity, Proposal, as_columns, propose
from vigie_intake.reading import open_source
from vigie_intake.rows import LeftOut
from vigie_intake.source import Finding, Source
from vigie_runtime import InputError
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_runtime.rates import configured_rates

EXAMPLES: Final = 3
_BATCH_ROWS: Final = 8_192


@dataclass(frozen=True)
class LeftOutRows:
    """Rows of the sample that are no transactions, for one reason; `examples` say where and what."""

    reason: LeftOut
    field: str
    rows: int
    examples: tuple[str, ...]

    @property
    def advice(self) -> str:
        """What to do about it."""
        return HOW.get(self.reason, "")


@dataclass(frozen=True)
class Trial:
    """What a mapping makes of the sample."""

    rows: int
    accepted: int
    left_out: tuple[LeftOutRows, ...]

    @property
    def refused(self) -> int:
        """Rows that somebody has to mend."""
        return sum(group.rows for group in self.left_out if group.reason.is_refusal)


@dataclass(frozen=True)
class Inspection:
    """All that is known of a file without reading the whole of it."""

    name: str
    kind: str
    findings: tuple[Finding, ...]
    sample: FileSample
    columns: tuple[ColumnView, ...]
    proposal: Proposal | None  # None where a mapping was given
    mapping: Mapping | None
    trial: Trial | None  # None where there is no mapping

    def answered(self, key: str, word: str) -> "Inspection":
        """The same with another answer to a question of the proposal, tried again; raises InputError for no answer."""
        if self.proposal is None:
            raise InputError("A mapping was given, so there is nothing to ask.")
        return _inspection(self, self.proposal.answered(key, word))

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        proposal = self.proposal
        return {
            "name": self.name,
            "kind": self.kind,
            "findings": [asdict(finding) for finding in self.findings],
            "rows": self.sample.rows,
            "rows_are_estimated": self.sample.is_estimate,
            "rows_read": sum(place.rows.num_rows for place in self.sample.places),
            "part_read": self.sample.read,
            "columns": [asdict(column) for column in self.columns],
            "profile": proposal.draft.get("profile") if proposal else self.mapping and self.mapping.profile,
            "choices": [asdict(choice) for choice in proposal.choices] if proposal else [],
            "questions": [_question(question) for question in proposal.questions] if proposal else [],
            "notes": list(proposal.notes) if proposal else [],
            "problems": list(proposal.problems) if proposal else [],
            "mapping": self.mapping.model_dump(mode="json", exclude_defaults=True) if self.mapping else None,
            "accepted": self.trial.accepted if self.trial else None,
            "left_out": [_group(group) for group in self.trial.left_out] if self.trial else [],
        }


def inspect(path: Path, mapping: Mapping | None = None, layout: Layout | None = None) -> Inspection:
    """Look at a file or folder: what it is, a mapping proposed or the given one tried, what would be refused.

    Reads the beginning and a few places further on, never all. `layout` comes before the mapping's. Raises InputError
    where the file cannot be read, has no rows, or lacks a column of the mapping.
    """
    layout = layout or (mapping.layout if mapping else Layout())
    return inspect_source(open_source(path, layout), mapping, layout)


def inspect_source(source: Source, mapping: Mapping | None, layout: Layout) -> Inspection:
    """The same of a source that was opened with this layout; see `inspect`. Raises InputError."""
    sample = sample_of(source)
    if not sample.table.num_rows:
        raise InputError(f"{source.name} has columns, but no rows. Give a file with transactions.")
    if mapping is not None:
        return _of_mapping(source, sample, mapping)
    proposal = propose(as_columns(sample.table), source.kind, layout)
    return _inspection(
        Inspection(source.name, source.kind, tuple(source.findings), sample, (), None, None, None), proposal
    )


def _inspection(base: Inspection, proposal: Proposal) -> Inspection:
    mapping = proposal.mapping
    trial = _tried(base.sample, mapping, base.name) if mapping else None
    columns = _views(base.sample, proposal.draft)
    return Inspection(base.name, base.kind, base.findings, base.sample, columns, proposal, mapping, trial)


def _of_mapping(source: Source, sample: FileSample, mapping: Mapping) -> Inspection:
    trial = _tried(sample, mapping, source.name)
    columns = _views(sample, mapping.model_dump(mode="json", exclude_defaults=True))
    return Inspection(source.name, source.kind, tuple(source.findings), sample, columns, None, mapping, trial)


def _views(sample: FileSample, draft: dict[str, Any]) -> tuple[ColumnView, ...]:
    uses: dict[str, list[str]] = {}
    for field in (*FIELDS, "drop"):
        parts = draft.get(field) or []
        for part in parts if isinstance(parts, (list, tuple)) else [parts]:
            for name in columns_of(part):
                uses.setdefault(name, []).append(field)
    columns = as_columns(sample.table)
    return tuple(view_of(column, tuple(dict.fromkeys(uses.get(column.name, ())))) for column in columns)


def _tried(sample: FileSample, mapping: Mapping, name: str) -> Trial:
    """The mapping applied to the sample, with a key of pseudonyms that no one keeps."""
    schema = sample.table.schema
    key = Pseudonyms(secrets.token_urlsafe(32))
    rates = configured_rates().eur_per_unit
    converter = Converter(mapping, schema, pseudonyms=lambda: key, currencies=rates, source=name)
    needed = list(converter.columns)
    types = pa.schema([schema.field(column) for column in needed])
    groups: dict[tuple[LeftOut, str], list[str]] = {}
    counts: dict[tuple[LeftOut, str], int] = {}
    accepted = 0
    for place in sample.places:
        first = 0
        for batch in place.rows.select(needed).cast(types).to_batches(_BATCH_ROWS):
            converted = converter.convert(batch, first)
            first += batch.num_rows
            accepted += converted.rows.num_rows
            _count(converted.left_out.to_pylist(), place, groups, counts)
    left_out = [LeftOutRows(*group, counts[group], tuple(groups[group])) for group in counts]
    left_out.sort(key=lambda group: (not group.reason.is_refusal, -group.rows))
    return Trial(sample.table.num_rows, accepted, tuple(left_out))


def _count(
    rows: list[dict[str, Any]],
    place: Place,
    groups: dict[tuple[LeftOut, str], list[str]],
    counts: dict[tuple[LeftOut, str], int],
) -> None:
    for row in rows:
        group = (LeftOut(row["reason"]), row["field"])
        counts[group] = counts.get(group, 0) + 1
        examples = groups.setdefault(group, [])
        if len(examples) < EXAMPLES:
            value = "no value" if row["value"] is None else row["value"]
            examples.append(f"{place.row(row['row'])}: {value}")


def _question(question: Ambiguity) -> dict[str, Any]:
    answers = [{"answer": answer.word, "meaning": answer.meaning} for answer in question.answers]
    return {
        "key": question.key,
        "field": question.field,
        "question": question.text,
        "taken": question.taken,
        "reason": question.reason,
        "answers": answers,
        "free": question.free is not None,
    }


def _group(group: LeftOutRows) -> dict[str, Any]:
    return {
        "reason": group.reason.value,
        "refused": group.reason.is_refusal,
        "field": group.field,
        "rows": group.rows,
        "examples": list(group.examples),
        "advice": group.advice,
    }
