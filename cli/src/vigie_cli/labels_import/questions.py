"""`vigie labels ask`: the transactions of which an answer would teach most, as a file to fill in."""

import csv
import io
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from vigie_registry import RegistryReader, RegistrySettings
from vigie_runtime import InputError, load_settings

SHOWN = ("transaction_id", "why", "time", "amount_eur", "score")


def ask(
    out: Annotated[Path, typer.Option(help="File to write; its column label is for the answers.")] = Path(
        "questions.csv"
    ),
) -> None:
    """Write the transactions that the newest training asks about: fill in `label`, then import the file.

    Most are those that the second stage doubts; a few are a random sample of what did not alert, so that it can be seen
    what was missed. Exit code 2: the sentence says what to do.
    """
    with RegistryReader.of(load_settings(RegistrySettings)) as registry:
        champion = registry.champion()
        if champion is None:
            raise InputError("There is no champion yet, so nothing is asked: train one with `make train`.")
        text = registry.questions(champion.version)
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(f"{out} is there already and may hold answers: import it, or give another --out.") from None
    except OSError as error:
        raise InputError(f"{out} cannot be written ({error.strerror}): give another --out.") from None
    questions = list(csv.DictReader(io.StringIO(text)))
    table = Table(*SHOWN, title=f"Asked by version {champion.version}")
    for question in questions:
        table.add_row(*(question.get(name) or "" for name in SHOWN))
    console = Console()
    console.print(table)
    console.print(f"{len(questions)} questions in {out}. Fill in its column label, 1 for fraud and 0 for sound, then:")
    console.print(f"vigie labels import {out}", soft_wrap=True)
