"""Commands of other packages under `vigie`, loaded only when they are asked for: some need seconds to import."""

from importlib import import_module
from typing import Final

import typer

FORWARDED: Final = {
    "backtest": (
        "vigie_backtest.__main__",
        "Detection quality on a file: learn from its first part, measure on the rest.",
    ),
    "replay": ("generator.__main__", "Send the transactions of a file to Kafka, at their own pace or faster."),
}
"""Command → module that has it as `app`, and what `vigie --help` says of it."""
_AS_GIVEN: Final = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def add_forwarded(app: typer.Typer) -> None:
    """Add each command; its arguments, options and help are those of the other package."""
    for name, (module, text) in FORWARDED.items():
        app.command(name, help=text, context_settings=_AS_GIVEN)(_forward(name, module))


def _forward(name: str, module: str):
    def forward(context: typer.Context) -> None:
        other: typer.Typer = import_module(module).app
        is_only_command = len(other.registered_commands) == 1 and other.registered_callback is None
        arguments = context.args if is_only_command else [name, *context.args]
        other(arguments, prog_name=f"vigie {name}" if is_only_command else "vigie", standalone_mode=False)

    return forward
