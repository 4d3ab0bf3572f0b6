"""`vigie inspect`: what a file is, a mapping for it, what would be refused."""

import json
import shlex
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from vigie_cli.asking import ask_all
from vigie_cli.inspect_view import show_file, show_mapping
from vigie_cli.mapping_comments import comments_of
from vigie_intake.inspection import Inspection, inspect
from vigie_intake.mapping import Layout
from vigie_intake.mapping_file import mapping_text, read_mapping
from vigie_runtime import ConfigurationError, InputError
from vigie_runtime.lifecycle import WRONG_USE

_LAYOUT: Final = "How the file is written, where it is not found out rightly"


def inspect_command(
    file: Annotated[Path, typer.Argument(help="File or folder of transactions.", show_default=False)],
    mapping: Annotated[Path | None, typer.Option(help="Try this mapping instead of proposing one.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the mapping here, such as mapping.toml.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite OUT.")] = False,
    interactive: Annotated[bool, typer.Option("--interactive", "-i", help="Ask about what is ambiguous.")] = False,
    answer: Annotated[list[str] | None, typer.Option(help="KEY=WORD: another answer to a question; repeat it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    delimiter: Annotated[str | None, typer.Option(help="Such as ; or tab.", rich_help_panel=_LAYOUT)] = None,
    encoding: Annotated[str | None, typer.Option(help="Such as cp1252.", rich_help_panel=_LAYOUT)] = None,
    quote: Annotated[str | None, typer.Option(help="Quotation mark of fields.", rich_help_panel=_LAYOUT)] = None,
    header_line: Annotated[
        int | None, typer.Option(min=0, help="Line of the names; 0: none.", rich_help_panel=_LAYOUT)
    ] = None,
    footer_lines: Annotated[
        int | None, typer.Option(min=0, help="Lines at the end to leave out.", rich_help_panel=_LAYOUT)
    ] = None,
    member: Annotated[str | None, typer.Option(help="Which file of a zip.", rich_help_panel=_LAYOUT)] = None,
) -> None:
    """Say what FILE is, propose a mapping with its reasons, and what would be refused.

    Only a part of a large file is read. Exit code 2: no mapping can be made, or FILE cannot be read.
    """
    if interactive and as_json:
        raise ConfigurationError("--interactive and --json do not go together. Answer with --answer KEY=WORD.")
    _check_out(out, force)
    layout = _layout(delimiter, encoding, quote, header_line, footer_lines, member)
    given = None if mapping is None else read_mapping(mapping)
    merged = layout if given is None else given.layout.model_copy(update=layout.model_dump(exclude_none=True))
    inspection = inspect(file, given, merged)
    for pair in answer or ():
        inspection = _answered(inspection, pair)
    console = Console()
    if as_json:
        typer.echo(json.dumps(inspection.as_json(), ensure_ascii=False, indent=2))
    else:
        show_file(inspection, console)
        inspection = ask_all(inspection, console) if interactive else inspection
        show_mapping(inspection, console)
    problems = inspection.proposal.problems if inspection.proposal else ()
    if problems:
        raise InputError(problems[0] if len(problems) == 1 else _together(problems))
    _finish(inspection, file, out, merged, Console(stderr=as_json))


def _finish(inspection: Inspection, file: Path, out: Path | None, layout: Layout, console: Console) -> None:
    if inspection.mapping is None:
        raise typer.Exit(WRONG_USE)
    name = out or Path("mapping.toml")
    if out is not None:
        complete = inspection.mapping.model_copy(update={"layout": layout})
        _write(out, mapping_text(complete, comments_of(inspection)))
        console.print(f"Wrote {out}. Read it, change what is not right, then:", soft_wrap=True, highlight=False)
    elif inspection.proposal is not None:
        answers = (f"{one.key}={one.taken}" for one in inspection.proposal.questions if one.is_answered)
        options = "".join(f" --answer {shlex.quote(answer)}" for answer in answers)
        again = f"vigie inspect {shlex.quote(str(file))}{options} --out {name}"
        console.print(f"To keep this mapping: {again}", soft_wrap=True, highlight=False, markup=False)
        return
    told = f"  vigie backtest {shlex.quote(str(file))} --mapping {shlex.quote(str(name))}"
    if out is not None:
        console.print(told, soft_wrap=True, highlight=False, markup=False)


def _together(problems: tuple[str, ...]) -> str:
    short = "; ".join(problem.split(". ")[0] for problem in problems)
    return f"{short}. Name the columns in a mapping, and try it with --mapping."


def _answered(inspection: Inspection, pair: str) -> Inspection:
    key, equals, word = pair.partition("=")
    if not equals:
        raise ConfigurationError(f"--answer {pair} is not understood: write KEY=WORD, such as sign=negative.")
    return inspection.answered(key.strip(), word)


def _check_out(out: Path | None, force: bool) -> None:
    if out is None:
        return
    if out.is_dir():
        raise ConfigurationError(f"{out} is a folder. Give the name of a file, such as {out / 'mapping.toml'}.")
    if out.exists() and not force:
        raise ConfigurationError(f"{out} is there already. Give another name, or --force to overwrite it.")


def _write(out: Path, text: str) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror or error}. Give another --out.") from None


def _layout(
    delimiter: str | None,
    encoding: str | None,
    quote: str | None,
    header_line: int | None,
    footer_lines: int | None,
    member: str | None,
) -> Layout:
    delimiter = "\t" if delimiter in ("tab", "\\t") else delimiter
    for name, mark in (("--delimiter", delimiter), ("--quote", quote)):
        if mark is not None and len(mark) != 1:
            raise ConfigurationError(f"{name} is {mark!r}. Give one character, or tab.")
    return Layout(
        delimiter=delimiter,
        encoding=encoding,
        quote=quote,
        header_line=header_line,
        footer_lines=footer_lines,
        member=member,
    )
