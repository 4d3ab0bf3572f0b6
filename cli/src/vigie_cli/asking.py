"""Asks about what a file does not tell; an empty answer keeps what was taken."""

from rich.console import Console
from rich.markup import escape
from rich.prompt import Prompt
from rich.table import Table
from rich.text import Text

from vigie_intake.inspection import Inspection
from vigie_intake.proposal import Ambiguity
from vigie_runtime import InputError, VigieError


def ask_all(inspection: Inspection, console: Console) -> Inspection:
    """The inspection with the answers of a person; raises InputError where the input ends before the last question."""
    if inspection.proposal is None or not inspection.proposal.questions:
        console.print("Nothing is ambiguous.")
        return inspection
    for question in inspection.proposal.questions:
        inspection = _ask(inspection, question, console)
    return inspection


def _ask(inspection: Inspection, question: Ambiguity, console: Console) -> Inspection:
    console.print(f"\n[bold]{escape(question.text)}[/]")
    table = Table(box=None, show_header=False, padding=(0, 2))
    for answer in question.answers:
        taken = Text(f"({question.reason})", "dim") if answer.word == question.taken else Text("")
        table.add_row(Text(answer.word, "cyan"), Text.assemble(answer.meaning, " " if answer.meaning else "", taken))
    if question.free:
        table.add_row("", "or a word of your own")
    console.print(table)
    while True:
        try:
            word = Prompt.ask(
                "Answer", console=console, default=question.taken or None, show_default=bool(question.taken)
            )
        except EOFError:
            raise InputError(
                "The input ended before every question was answered. Answer with --answer KEY=WORD."
            ) from None
        try:
            return inspection.answered(question.key, word) if word else inspection
        except VigieError as error:  # such as a time zone that there is not
            console.print(f"[red]{escape(str(error))}[/]")
