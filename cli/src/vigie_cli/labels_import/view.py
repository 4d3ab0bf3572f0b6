"""What an import would write, as a table or as JSON."""

from collections.abc import Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vigie_cli.labels_import.label_file import MAX_EXAMPLES, LabelFile
from vigie_schemas import Label


def show_preview(file: str, found: LabelFile, matched: Sequence[Label], console: Console) -> None:
    """Print what the file says, and what of it was found among the scored transactions."""
    table = Table(title=f"Labels in {escape(file)}", title_justify="left", title_style="bold", box=SIMPLE)
    for name in ("", "fraud", "sound"):
        table.add_column(name, justify="left" if not name else "right")
    in_file = [label.is_fraud for label in found.labels.values()]
    scored = [label.is_fraud for label in matched]
    table.add_row("in the file", f"{sum(in_file):,}", f"{len(in_file) - sum(in_file):,}")
    table.add_row("scored, to be written", f"{sum(scored):,}", f"{len(scored) - sum(scored):,}")
    console.print(table)
    for sentence in _sentences(found, matched):
        console.print(f"  [yellow]·[/yellow] {escape(sentence)}", soft_wrap=True)


def as_json(found: LabelFile, matched: Sequence[Label]) -> dict[str, object]:
    """The same, for programs."""
    return {
        "labels": len(found.labels),
        "matched": len(matched),
        "fraud": sum(label.is_fraud for label in matched),
        "repeated": found.repeated,
        "contradicted": len(found.contradicted),
        "unreadable": {reason: len(rows) for reason, rows in found.unreadable.items()},
    }


def _sentences(found: LabelFile, matched: Sequence[Label]) -> list[str]:
    sentences = []
    unmatched = sorted(found.labels.keys() - {label.transaction_id for label in matched})
    if unmatched:
        examples = ", ".join(unmatched[:MAX_EXAMPLES])
        sentences.append(
            f"{len(unmatched):,} transactions are not on the scored topic (such as {examples}): not scored here, or "
            "longer ago than Kafka keeps."
        )
    if found.contradicted:
        examples = ", ".join(sorted(found.contradicted)[:MAX_EXAMPLES])
        sentences.append(
            f"{len(found.contradicted):,} transactions are called both fraud and sound ({examples}): left out."
        )
    if found.repeated:
        sentences.append(f"{found.repeated:,} rows repeat one before.")
    for reason, rows in found.unreadable.items():
        places = ", ".join(f"{row:,}" for row in rows[:MAX_EXAMPLES])
        sentences.append(f"{len(rows):,} rows are left out: each {reason} (row {places}).")
    return sentences
