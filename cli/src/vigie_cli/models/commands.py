"""`vigie model`: list the registered versions, show one, make one champion, go back to the one before."""

import json
import time
from contextlib import closing
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markdown import Markdown

from vigie_cli.models.arguments import By, VersionNumber, Why, check_person, required_version
from vigie_cli.models.challenging import approve, challenge, reject
from vigie_cli.models.differences import differences
from vigie_cli.models.view import as_json, show_versions
from vigie_registry import RegistryReader, RegistrySettings
from vigie_runtime import InputError, load_settings
from vigie_schemas import FEATURE_NAMES

model_app: Final = typer.Typer(no_args_is_help=True, help="Models: which versions there are, and which one serves.")
for command in (challenge, approve, reject, differences):
    model_app.command(command.__name__)(command)


@model_app.command("list")
def list_versions(
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the registered versions, newest first, and which one is champion or challenger."""
    with _reader() as registry:
        champion, challenger, versions = registry.champion(), registry.challenger(), registry.versions()
    serving = champion.version if champion else None
    watching = challenger.version if challenger else None
    if is_json:
        typer.echo(json.dumps(as_json(versions, serving, watching), indent=2))
    else:
        show_versions(versions, serving, watching, Console())


@model_app.command("show")
def show_version(
    version: Annotated[int | None, typer.Argument(help="Without it: the champion.", show_default=False)] = None,
) -> None:
    """Show the model card of VERSION."""
    with _reader() as registry:
        found = required_version(registry, version if version is not None else _champion(registry))
    Console().print(Markdown(found.card or f"Version {found.version} has no card."))


@model_app.command("promote")
def promote_version(
    version: VersionNumber,
    by: By,
    why: Why,
) -> None:
    """Make VERSION champion. The detector takes it over within seconds, without a pause."""
    _promote(version, by, why, is_rollback=False)


@model_app.command("rollback")
def roll_back(by: By, why: Why) -> None:
    """Make the champion before this one champion again. Once more goes back one further."""
    with _reader() as registry:
        serving = _champion(registry)
        before = required_version(registry, serving).replaced
    if before is None:
        raise InputError(
            f"It is not written down which champion version {serving} replaced: choose one of `vigie model list` and "
            "promote it."
        )
    _promote(before, by, why, is_rollback=True)


def _promote(version: int, by: str, why: str, *, is_rollback: bool) -> None:
    check_person(by, why)
    settings = load_settings(RegistrySettings)
    with RegistryReader.of(settings) as registry:
        required_version(registry, version)
        if _champion_or_none(registry) == version:
            raise InputError(f"Version {version} is champion already, so nothing was changed.")
        if tuple(registry.calibration(version).feature_names) != FEATURE_NAMES:
            raise InputError(
                f"Version {version} was trained on other features than this detector computes, so nothing was changed."
            )
    from trainer.registry import RegistryWriter  # MLflow's client needs seconds to import

    with closing(RegistryWriter(settings)) as writer:
        writer.promote(version, by=by, why=why, now_ms=int(time.time() * 1_000), is_rollback=is_rollback)
    typer.echo(f"Version {version} is champion. The detector takes it over within seconds.")


def _reader() -> RegistryReader:
    return RegistryReader.of(load_settings(RegistrySettings))


def _champion_or_none(registry: RegistryReader) -> int | None:
    champion = registry.champion()
    return champion.version if champion else None


def _champion(registry: RegistryReader) -> int:
    """Raises InputError where there is none yet."""
    version = _champion_or_none(registry)
    if version is None:
        raise InputError("There is no champion yet: the trainer makes one, or `make train`.")
    return version
