"""`vigie`: the command."""

import typer

from vigie_cli.example import example_command
from vigie_cli.forwarding import add_forwarded
from vigie_cli.inspect import inspect_command
from vigie_cli.labels_import.commands import labels_app
from vigie_cli.models.commands import model_app
from vigie_cli.policy import policy_app
from vigie_runtime import run_entry_point

app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)
app.command("inspect")(inspect_command)
app.command("example")(example_command)
app.add_typer(policy_app, name="policy")
app.add_typer(labels_app, name="labels")
app.add_typer(model_app, name="model")
add_forwarded(app)


@app.callback()
def vigie() -> None:
    """Look at a file of transactions, map it to Vigie's fields, and use it."""


def main() -> None:
    """Run the command."""
    run_entry_point(app)


if __name__ == "__main__":
    main()
