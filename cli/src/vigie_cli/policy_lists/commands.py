"""`vigie policy list`: put a value on a list of the topic, take it off, show what is there."""

import json
import time
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from vigie_cli.policy_lists.arguments import PolicyListNames, as_list_name, as_until_ms, as_who, as_why
from vigie_cli.policy_lists.topic import ListsTopic
from vigie_cli.policy_lists.view import as_json, show_lists, until_words
from vigie_cli.topic_reading import kafka_as_given
from vigie_runtime import InputError, KafkaSettings, configure_logs, load_settings
from vigie_schemas import SCHEMA_VERSION, ListedValue
from vigie_schemas.listed_value import key_of

list_app: Final = typer.Typer(
    no_args_is_help=True, help="Lists that have their entries from Kafka (topic = true): show and change them."
)
_LIST = Annotated[str, typer.Argument(metavar="LIST", help="The list's name in the policy.", show_default=False)]
_VALUE = Annotated[
    str, typer.Argument(metavar="VALUE", help="As payments have it; of an account its pseudonym.", show_default=False)
]
_BY = Annotated[str, typer.Option(help="Who you are: it is logged.", show_default=False)]
_POLICY = Annotated[
    Path | None, typer.Option(help="Policy that has to have the list, and says what it may hold.", show_default=False)
]


@list_app.command("add")
def add_to_list(
    name: _LIST,
    value: _VALUE,
    reason: Annotated[str, typer.Option(help="Why: verdicts repeat it, so name no person.", show_default=False)],
    by: _BY,
    until: Annotated[
        str | None, typer.Option(help="Last day, in UTC, such as 2027-01-31, or a time; without it: it stays.")
    ] = None,
    policy: _POLICY = None,
) -> None:
    """Put VALUE on LIST, or change why and until when it is there.

    It returns once Kafka has it; gateways apply it within a second or so. Exit code 2: the sentence says what to do.
    """
    lists = PolicyListNames.of(policy)
    listed = ListedValue(
        schema_version=SCHEMA_VERSION,
        list_name=as_list_name(name, lists),
        value=lists.as_value(name, value),
        reason=as_why(reason),
        by=as_who(by),
        until_ms=as_until_ms(until, int(time.time() * 1000)),
    )
    with kafka_as_given():
        _topic().put(listed)
    typer.echo(f"{value} is on the list {name}{until_words(listed.until_ms, ' until ')}.{lists.not_looked_at}")


@list_app.command("remove")
def remove_from_list(name: _LIST, value: _VALUE, by: _BY, policy: _POLICY = None) -> None:
    """Take VALUE off LIST.

    It returns once Kafka has it; gateways apply it within a second or so. Exit code 2: the sentence says what to do.
    """
    as_list_name(name, PolicyListNames.of(policy))
    who, key = as_who(by), key_of(name, value)
    with kafka_as_given():
        topic = _topic()
        if key not in topic.read().keys:
            # not repeated: what is not there may be an account number
            raise InputError(
                f"The list {name} does not have this value, so nothing was removed: "
                f"`vigie policy list show {name}` shows what it has."
            )
        topic.remove(key, who)
    typer.echo(f"Removed from the list {name}.")


@list_app.command("show")
def show_list(
    name: Annotated[
        str | None, typer.Argument(metavar="[LIST]", help="One list; without it: all.", show_default=False)
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show the entries of LIST, or of all lists on the topic, also expired ones."""
    if name is not None:
        as_list_name(name, PolicyListNames())
    with kafka_as_given():
        found = _topic().read()
    entries = [each for each in found.entries if name in (None, each.list_name)]
    now_ms = int(time.time() * 1000)
    if is_json:
        typer.echo(json.dumps(as_json(entries, found.refused, now_ms), ensure_ascii=False, indent=2))
    else:
        show_lists(entries, found.refused, now_ms, Console())


def _topic() -> ListsTopic:
    settings = load_settings(KafkaSettings)
    # what is logged goes to standard error, beside the one sentence of an error
    configure_logs(settings.model_copy(update={"log_format": "text"}), "cli")
    return ListsTopic(settings)
