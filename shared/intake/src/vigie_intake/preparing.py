"""From a path to transactions: opens it, finds the mapping that serves, and says what was taken for granted."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from vigie_intake.conversion import Converter
from vigie_intake.fields.tally import IntakeTally
from vigie_intake.inspection import Inspection, inspect_source
from vigie_intake.mapping import FIELDS, Amount, Layout, MappingPart, Text
from vigie_intake.mapping import Mapping as TransactionMapping
from vigie_intake.mapping_file import OWN_TIMES, own_columns_mapping
from vigie_intake.reading import open_source
from vigie_intake.rows import LeftOut
from vigie_intake.source import Source
from vigie_runtime import ConfigurationError, InputError
from vigie_runtime.pseudonyms import Pseudonyms

OWN_NAMES: Final = (OWN_TIMES[0], *FIELDS[1:])
"""What a person may rename by `OURS=THEIRS`."""
OWN_PROFILE: Final = "vigie"
MAX_SIGNLESS_REFUSALS: Final = 0.05
"""Refunds are few; above this share of refused amounts the sign has a meaning that somebody has to tell."""
MIN_REFUSALS: Final = 10
"""A few rows prove no convention."""


@dataclass(frozen=True)
class Prepared:
    """A source with the mapping that serves; `notes` say what was found out or taken instead of given."""

    source: Source
    mapping: TransactionMapping
    notes: tuple[str, ...]

    def batches(
        self, pseudonyms: Callable[[], Pseudonyms], currencies: Collection[str], tally: IntakeTally
    ) -> Iterator[pa.RecordBatch]:
        """The transactions in ROW_SCHEMA, some thousands at a time; `tally` counts what was left out.

        Raises InputError where the source cannot be read on, and at its end where no row was a transaction.
        """
        converter = Converter(
            self.mapping, self.source.schema, pseudonyms=pseudonyms, currencies=currencies, source=self.source.name
        )
        first = 0
        for batch in self.source.batches(converter.columns):
            converted = converter.convert(batch, first)
            first += batch.num_rows
            tally.add(converted)
            if converted.rows.num_rows:
                yield converted.rows
        if not tally.accepted:
            raise InputError(tally.none_left(self.source.name))


def prepare(
    path: Path,
    *,
    mapping: TransactionMapping | None = None,
    columns: Mapping[str, str] | None = None,
    currency: str | None = None,
    layout: Layout | None = None,
) -> Prepared:
    """Open a file or folder with a mapping: the one given, our own column names, or the profile it fits.

    `columns` gives the file's name for a field of ours where they differ, see `parse_columns`; `currency` is meant
    where the file names none, EUR unless given.
    Raises InputError that says what to do where no mapping is certain: nothing is judged on a guess.
    """
    layout = layout or (mapping.layout if mapping else Layout())
    source = open_source(path, layout)
    given = mapping if mapping is not None or not columns else _renamed(source, columns)
    inspection = inspect_source(source, given, layout)
    found = given if given is not None else _certain(inspection)
    if mapping is None:
        _require_meaning_of_sign(inspection, found)
        found = found if currency is None else _with_currency(found, currency)
    return Prepared(source, found, _notes(inspection, currency))


def parse_columns(pairs: Iterable[str]) -> dict[str, str]:
    """`ts=trans_date` → {"ts": "trans_date"}; raise ConfigurationError for anything else."""
    columns = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not equals or not theirs or ours not in OWN_NAMES:
            raise ConfigurationError(
                f"--column {pair} is not understood: write OURS=THEIRS, where OURS is one of {', '.join(OWN_NAMES)}."
            )
        columns[ours] = theirs
    return columns


def _certain(inspection: Inspection) -> TransactionMapping:
    proposal = inspection.proposal
    if proposal is not None and proposal.problems and proposal.profile:
        raise InputError(f"{inspection.name}: {' '.join(proposal.problems)}")
    if proposal is None or proposal.profile is None or inspection.mapping is None:
        there = ", ".join(column.name for column in inspection.columns)
        raise InputError(
            f"{inspection.name} has columns that no profile knows: {there}. {_proposing(inspection)}, look at it, and "
            "give it with --mapping mapping.toml; or say which column is meant, such as --column ts=THEIR_NAME "
            "--column account_id=THEIR_NAME."
        )
    times = inspection.mapping.timestamp
    if times.format == "steps" and proposal.draft.get("profile") == OWN_PROFILE:
        raise InputError(
            f"{inspection.name}: {times.column} holds small numbers, neither dates nor milliseconds since 1970. "
            f"If they count hours or days from a beginning, a mapping says so. {_proposing(inspection)}."
        )
    return inspection.mapping


def _renamed(source: Source, columns: Mapping[str, str]) -> TransactionMapping:
    """The mapping of our own columns, with the file's names in place of ours."""
    there = source.schema.names
    unknown = [theirs for theirs in columns.values() if theirs not in there]
    ours = {theirs: ours for ours, theirs in columns.items()}
    taken = [ours.get(name, name if name not in columns else "") for name in there]
    mapping = own_columns_mapping(pa.schema([(name, pa.null()) for name in taken if name]))
    if unknown or mapping is None:
        missing = unknown or [name for name in OWN_NAMES[:3] if name not in taken]
        field = next((ours for ours, theirs in columns.items() if theirs in unknown), missing[0])
        raise InputError(
            f"{source.name} has no column {', '.join(missing)}; it has {', '.join(there)}. Say which column is meant, "
            f"such as --column {field}=THEIR_NAME, or have a mapping proposed with `vigie inspect {source.name}`."
        )
    changes: dict[str, MappingPart] = {}
    for field in FIELDS:
        part = getattr(mapping, field)
        if part is not None and (name := columns.get(getattr(part, "column", None) or "")):
            changes[field] = part.model_copy(update={"column": name})
    return mapping.model_copy(update=changes)


def _with_currency(mapping: TransactionMapping, currency: str) -> TransactionMapping:
    part = mapping.currency
    if part.constant is not None and mapping.profile in (None, OWN_PROFILE):
        return mapping.model_copy(update={"currency": Text(constant=currency)})
    if part.constant is None and (part.default is None or mapping.profile in (None, OWN_PROFILE)):
        return mapping.model_copy(update={"currency": part.model_copy(update={"default": currency})})
    return mapping


def _require_meaning_of_sign(inspection: Inspection, mapping: TransactionMapping) -> None:
    """Refuse where many amounts are refused because it is not said what their sign means."""
    trial, amount = inspection.trial, mapping.amount
    if trial is None or not trial.accepted or not _is_signless(amount):
        return
    refused = sum(group.rows for group in trial.left_out if group.reason is LeftOut.INVALID_AMOUNT)
    if refused >= MIN_REFUSALS and refused > MAX_SIGNLESS_REFUSALS * trial.rows:
        raise InputError(
            f"{refused:,} of {trial.rows:,} rows of {inspection.name} have an amount that is not above zero. "
            f"Which sign is money out? {_proposing(inspection)}, see that its amount says "
            'out = "negative" or "positive", and give it with --mapping mapping.toml.'
        )


def _proposing(inspection: Inspection) -> str:
    return f"Have a mapping proposed with `vigie inspect {inspection.name} --out mapping.toml`"


def _is_signless(amount: Amount) -> bool:
    return amount.out == "all" and amount.debit is None


def _notes(inspection: Inspection, currency: str | None) -> tuple[str, ...]:
    proposal = inspection.proposal
    notes = [f"Read as {finding.setting} {finding.value}: {finding.reason}." for finding in inspection.findings]
    if proposal is not None:
        if proposal.why and proposal.draft.get("profile") != OWN_PROFILE:
            notes.append(f"Taken for {proposal.profile}: {proposal.why}.")
        asked = [one for one in proposal.questions if one.field != "currency" or currency is None]
        notes += [f"{one.text} Taken: {one.taken}, because {one.reason}." for one in asked]
        notes += proposal.notes
    return tuple(notes)
