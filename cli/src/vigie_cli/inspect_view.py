"""An inspection as tables for a terminal."""

from typing import Final

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vigie_cli.reading_words import how_read
from vigie_intake.inspecting.showing import ColumnView
from vigie_intake.inspection import Inspection, LeftOutRows, Trial
from vigie_intake.proposal import Ambiguity, Proposal, Sureness

MAX_COLUMNS: Final = 40
_COLOURS: Final = {Sureness.SURE: "green", Sureness.LIKELY: "yellow", Sureness.GUESS: "red"}


def show_file(inspection: Inspection, console: Console) -> None:
    """Print what the file is and what its columns are, as wide as the terminal is."""
    _show_file(inspection, console)
    _show_columns(inspection.columns, console)


def show_mapping(inspection: Inspection, console: Console) -> None:
    """Print the proposal with its reasons, and what would come of the rows."""
    if inspection.proposal is not None:
        _show_proposal(inspection.proposal, console)
    if inspection.trial is not None:
        _show_trial(inspection.trial, inspection.sample.read, console)


def _show_file(inspection: Inspection, console: Console) -> None:
    sample = inspection.sample
    about = "about " if sample.is_estimate else ""
    counted = "an unknown number of" if sample.rows is None else f"{about}{_rounded(sample.rows, sample.is_estimate)}"
    what = f"[bold]{escape(inspection.name)}[/]: {inspection.kind}, {counted} rows. Read: {sample.read}."
    console.print(what, highlight=False)
    table = Table(box=None, show_header=False, padding=(0, 1))
    for finding in inspection.findings:
        table.add_row(finding.setting, Text(_visible(finding.value), "cyan"), Text(finding.reason, "dim"))
    if inspection.findings:
        console.print(table)


def _show_columns(columns: tuple[ColumnView, ...], console: Console) -> None:
    shown = (
        sorted(columns, key=lambda column: not column.fields)[:MAX_COLUMNS] if len(columns) > MAX_COLUMNS else columns
    )
    table = _table("\nColumns", "column", "holds", "examples", "read for")
    for column in shown:
        empty = f", {column.empty_share:.0%} empty" if 0 < column.empty_share < 1 else ""
        examples = Text(" | ".join(column.examples), overflow="ellipsis", no_wrap=True)
        table.add_row(Text(column.name), f"{column.type}{empty}", examples, Text(", ".join(column.fields), "cyan"))
    console.print(table)
    if len(shown) < len(columns):
        console.print(f"  and {len(columns) - len(shown)} columns more", style="dim")


def _show_proposal(proposal: Proposal, console: Console) -> None:
    if proposal.profile and proposal.why:
        console.print(f"\nThis is [bold]{escape(proposal.profile)}[/]: {escape(proposal.why)}.", highlight=False)
    if proposal.choices:
        table = _table("\nProposed mapping", "field", "from", "sure?", "why")
        shown: set[str] = set()
        for choice in proposal.choices:
            others = f" (or {', '.join(choice.alternatives)})" if choice.alternatives else ""
            sure = Text(choice.sureness.value, _COLOURS[choice.sureness])
            how = "" if choice.field in shown else how_read(choice.field, proposal.draft)
            shown.add(choice.field)
            origin = Text.assemble((choice.origin, "cyan"), (_indented(how), "dim"))
            table.add_row(choice.field, origin, sure, Text(f"{choice.reason}{others}"))
        console.print(table)
    if proposal.questions:
        console.print("\n[bold]Ambiguous[/] (--interactive asks, --answer KEY=WORD answers)")
        for question in proposal.questions:
            _show_question(question, console)
    if proposal.notes:
        console.print("\n[bold]Know before using[/]")
        for note in proposal.notes:
            console.print(Padding(Text(f"• {note}"), (0, 0, 0, 2)))


def _show_question(question: Ambiguity, console: Console) -> None:
    taken = next((one.meaning for one in question.answers if one.word == question.taken), "")
    meaning = f" ({taken})" if taken else ""
    line = Text.assemble((f"{question.key}: ", "bold yellow"), question.text)
    console.print(Padding(line, (0, 0, 0, 2)))
    how, reason = ("answered", "") if question.is_answered else ("taken", f"; {question.reason}")
    answer = Text.assemble(f"{how}: ", (question.taken or "none", "cyan"), f"{meaning}{reason}.")
    others = ", ".join(one.word for one in question.answers if one.word != question.taken)
    free = ", or a word of your own" if question.free else ""
    if others or free:
        answer.append(f" Other answers: {others}{free}." if others else " Any word is an answer.", "dim")
    console.print(Padding(answer, (0, 0, 0, 6)))


def _show_trial(trial: Trial, read: str, console: Console) -> None:
    colour = "green" if not trial.refused else "red"
    taken = "green" if trial.accepted else "red"
    console.print(
        f"\nOf {read}: [{taken}]{trial.accepted:,}[/] taken as transactions, [{colour}]{trial.refused:,}[/] refused.",
        highlight=False,
    )
    if not trial.left_out:
        return
    table = _table("", "rows", "why", "examples")
    for group in trial.left_out:
        style = "red" if group.reason.is_refusal else "dim"
        table.add_row(f"{group.rows:,}", Text(_why(group), style), Text(", ".join(group.examples)))
    console.print(table)
    for group in trial.left_out:
        if group.reason.is_refusal:
            console.print(Padding(Text(f"• {group.reason.value}: {group.advice}."), (0, 0, 0, 2)))


def _why(group: LeftOutRows) -> str:
    if group.reason.is_refusal:
        return group.reason.value
    return "money in, not judged" if group.reason.value == "money_in" else f"left out: {group.field}"


def _table(title: str, *names: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), title=title or None, title_justify="left", title_style="bold")
    for name in names:
        table.add_column(name, overflow="fold", max_width=40 if name != "why" else None)
    return table


def _indented(text: str) -> str:
    return f"\n  {text}" if text else ""


def _rounded(rows: int, is_estimate: bool) -> str:
    """An estimate to two digits, as it is no better."""
    if is_estimate:
        step = 10 ** max(0, len(str(rows)) - 2)
        rows = round(rows / step) * step
    return f"{rows:,}"


def _visible(value: str) -> str:
    return value.replace("\t", "tab")
