"""Which delimiter and quotes a text is written with: of all that are usual, those that give the largest even table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from vigie_intake.files.records import Dialect, RawRecord, records_of, usual_width
from vigie_intake.files.values import cannot_be_name
from vigie_intake.mapping import Layout
from vigie_intake.source import Finding
from vigie_runtime import InputError

DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", "\x01": "Hive's control character 1"}
_MIN_QUOTED_SHARE: Final = 0.2  # of all fields, before a mark counts as a quote: ' begins names, too
_EXCEL_HINT: Final = "sep="


@dataclass(frozen=True)
class Cut:
    """A text cut into records by one dialect, and how good a table that gives."""

    dialect: Dialect
    records: list[RawRecord]

    @property
    def score(self) -> float:
        """Cells of the largest table, times the share of its lines that are even; doubled where names head it."""
        width = usual_width(self.records)
        if width < 2:
            return 0
        rows = [record for record in self.records if not record.is_blank]
        even = [index for index, record in enumerate(rows) if record.width == width]
        within = even[-1] - even[0] + 1
        # above rows that end in a delimiter, the names have one field less
        names = any(_are_names(rows[one].fields, width) for one in (even[0], max(0, even[0] - 1)))
        return len(even) * (width - 1) * len(even) / within * (2 if names else 1)


def _are_names(fields: tuple[str, ...], width: int) -> bool:
    names = [field for field in fields if field.strip()]
    return len(names) > 1 and abs(len(names) - width) <= 1 and not any(map(cannot_be_name, names))


def cut_by_best(text: str, is_cut: bool, layout: Layout, name: str) -> tuple[Cut, list[Finding]]:
    """The dialect of a text, its records, and what was found out; raises InputError where no delimiter fits."""
    hint = _excel_hint(text)
    given = layout.delimiter or hint
    delimiters = (given,) if given else tuple(one for one in DELIMITERS if one in text)
    cuts = [cut for delimiter in delimiters for cut in _cuts(text, is_cut, delimiter, layout)]
    # the first of equals: quotes as they are usual come before those without
    best = max(cuts, key=lambda cut: cut.score, default=None)
    if best is None and delimiters:
        raise InputError(
            f"The quotes of {name} do not close: one stands open, or text follows the closing one. Double the quotes "
            "that belong to a value, or say another mark: layout.quote."
        )
    if best is None or (best.score == 0 and layout.delimiter is None):
        raise InputError(
            f"{name} is text, but no comma, semicolon, tab or pipe cuts its lines into columns. "
            "Say what does: layout.delimiter; or export it as CSV."
        )
    findings = [] if layout.delimiter else [_delimiter_finding(best, cuts, hint)]
    return best, findings + _quote_findings(best.dialect, layout)


def _cuts(text: str, is_cut: bool, delimiter: str, layout: Layout) -> Iterator[Cut]:
    """The text cut by a delimiter, with the first way of quoting that closes every quote; none where none does."""
    for dialect in _dialects(text, delimiter, layout):
        records = records_of(text, dialect, is_cut)
        if records is None:
            continue
        if (other := _as_fields_say(records, dialect, layout)) is not None:
            again = records_of(text, other, is_cut)
            dialect, records = (dialect, records) if again is None else (other, again)
        yield Cut(dialect, records[1:] if _excel_hint(text) else records)
        return


def _dialects(text: str, delimiter: str, layout: Layout) -> Iterator[Dialect]:
    quote = layout.quote or '"'
    yield Dialect(delimiter, quote)
    yield Dialect(delimiter, quote, skips_blanks=True)
    if f"\\{quote}" in text:
        yield Dialect(delimiter, quote, "\\")
    if layout.quote is None:
        yield Dialect(delimiter, None)


def _as_fields_say(records: list[RawRecord], dialect: Dialect, layout: Layout) -> Dialect | None:
    """Another way of quoting, where many fields still hold quotes: single ones, or ones after a blank."""
    fields = [field for record in records for field in record.fields if field]
    quote = dialect.quote or '"'
    after_blank = sum(field[0] == " " and field.lstrip(" ").startswith(quote) for field in fields)
    if after_blank > _MIN_QUOTED_SHARE * len(fields):
        return Dialect(dialect.delimiter, quote, skips_blanks=True)
    single = sum(len(field) > 1 and field[0] == field[-1] == "'" for field in fields)
    if layout.quote is None and single > _MIN_QUOTED_SHARE * len(fields):
        return Dialect(dialect.delimiter, "'")
    return None


def _excel_hint(text: str) -> str | None:
    line = text.split("\n", 1)[0].rstrip("\r")
    return line[-1] if len(line) == len(_EXCEL_HINT) + 1 and line.startswith(_EXCEL_HINT) else None


def _delimiter_finding(best: Cut, cuts: list[Cut], hint: str | None) -> Finding:
    delimiter, width = best.dialect.delimiter, usual_width(best.records)
    called = DELIMITERS.get(delimiter, delimiter)
    if hint:
        return Finding("delimiter", delimiter, "the first line says sep=")
    reason = f"a {called} cuts most lines into {width} fields"
    others = [DELIMITERS[cut.dialect.delimiter] for cut in cuts if cut is not best and cut.score > best.score / 2]
    return Finding(
        "delimiter", delimiter, reason + (f"; {', '.join(others)} would nearly do as well" if others else "")
    )


def _quote_findings(dialect: Dialect, layout: Layout) -> list[Finding]:
    if dialect.skips_blanks:
        return [Finding("quote", dialect.quote or "", "blanks between a delimiter and a quote belong to no value")]
    if dialect.escape:
        return [Finding("escape", dialect.escape, f"it stands before {dialect.quote} inside of fields")]
    if layout.quote:
        return []
    if dialect.quote is None:
        return [Finding("quote", "none", 'a " does not close before a delimiter, so quotes are part of the values')]
    return [Finding("quote", "'", "many fields begin and end with it")] if dialect.quote == "'" else []
