"""`vigie policy`: whether a gateway's policy is valid, and what it would have done with payments."""

import json
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from gateway.policy.file import read_policy
from gateway.policy.policy import Policy
from vigie_cli.policy_lists.commands import list_app
from vigie_cli.policy_trial.payments import read_payments
from vigie_cli.policy_trial.scores import read_scores
from vigie_cli.policy_trial.trial import PolicyTrial, try_policy
from vigie_cli.policy_trial.view import show_trial
from vigie_intake.mapping_file import read_mapping
from vigie_intake.preparing import parse_columns, prepare
from vigie_runtime import ConfigurationError
from vigie_runtime.rates import configured_rates

policy_app: Final = typer.Typer(
    no_args_is_help=True, help="Check a gateway's policy, and try it on payments before it is merged."
)
policy_app.add_typer(list_app, name="list")
_POLICY = Annotated[Path, typer.Argument(help="TOML file of the policy; list files lie beside it.", show_default=False)]


@policy_app.command("check")
def check_policy(file: _POLICY) -> None:
    """Say whether FILE is a valid policy, or everything that is wrong with it, with lines.

    Exit code 2: it is not.
    """
    policy = read_policy(file)
    typer.echo(f"{file.name} is valid. {_in_words(policy)}")
    for warning in policy.warnings:
        typer.echo(f"Warning: {warning}.")


@policy_app.command("test")
def replay_through_policy(
    file: _POLICY,
    on: Annotated[Path, typer.Option(help="File or folder of payments, labelled or not.", show_default=False)],
    mapping: Annotated[Path | None, typer.Option(help="TOML file that says which column is which field.")] = None,
    column: Annotated[list[str] | None, typer.Option(help="OURS=THEIRS where a column has another name.")] = None,
    currency: Annotated[
        str | None, typer.Option(help="Currency of the amounts where the data names none; else EUR.")
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(help="Parquet file with transaction_id, score, threshold; without it: rules only."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Replay the payments ON through the policy FILE: what each rule would have caught, and what it would have cost.

    Entries of lists count as of today. Exit code 2: a file cannot be used.
    """
    if mapping is not None and column:
        raise ConfigurationError("Give --mapping or --column, not both: write the names into the mapping.")
    policy, rates = read_policy(file), configured_rates()
    given = None if mapping is None else read_mapping(mapping)
    console = Console()
    with nullcontext() if as_json else console.status("replaying the payments ..."):
        prepared = prepare(on, mapping=given, columns=parse_columns(column or ()), currency=currency)
        payments = read_payments(prepared, rates)
        judgements = None if scores is None else read_scores(scores, payments)
        trial = try_policy(policy, payments, judgements, rates, int(time.time() * 1000))
    if as_json:
        typer.echo(json.dumps(_as_json(trial, policy, file, payments.name), ensure_ascii=False, indent=2))
    else:
        console.print(f"{file.name} ({policy.hash}) on {payments.name}", highlight=False, markup=False)
        show_trial(trial, console)


def _as_json(trial: PolicyTrial, policy: Policy, file: Path, data: str) -> dict[str, object]:
    return {
        "policy": policy.hash,
        "file": file.name,
        "data": data,
        **trial.figures.as_json(),
        "notes": list(trial.notes),
    }


def _in_words(policy: Policy) -> str:
    entries = _many(sum(len(each.entries) for each in policy.lists), "entry", "entries")
    if from_topic := sum(each.is_from_topic for each in policy.lists):
        entries += f" and those of {_many(from_topic, 'list')} from the topic"
    callers = ", ".join(["default", *policy.callers])
    return (
        f"Policy {policy.hash}: {_many(len(policy.verdicts), 'verdict')}, {_many(len(policy.lists), 'list')} with "
        f"{entries}, {_many(len(policy.limits), 'limit')}; callers: {callers}."
    )


def _many(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
