"""What the commands that change which model serves ask for: a version, who asks and why."""

from typing import Annotated, Final

import typer

from vigie_registry import RegisteredVersion, RegistryReader
from vigie_runtime import InputError
from vigie_schemas import is_account_number
from vigie_schemas.challenger import MAX_PERSON_LENGTH, MAX_WHY_LENGTH

VersionNumber = Annotated[int, typer.Argument(help="As `vigie model list` shows it.", show_default=False)]
By = Annotated[str, typer.Option(help="Who you are: it is written on the version.", show_default=False)]
Why = Annotated[str, typer.Option(help="Why: it is written on the version.", show_default=False)]

_LENGTHS: Final = {"--by": MAX_PERSON_LENGTH, "--why": MAX_WHY_LENGTH}


def check_person(by: str, why: str) -> None:
    """Raise InputError where these cannot stand in the registry."""
    for name, text in (("--by", by), ("--why", why)):
        if not 0 < len(text.strip()) <= _LENGTHS[name] or not text.isprintable():
            raise InputError(f"{name} must be one line of text, {_LENGTHS[name]} characters at most.")
        if is_account_number(text):
            raise InputError(f"{name} holds a card number or an IBAN: it would stand in the registry. Leave it out.")


def required_version(registry: RegistryReader, version: int) -> RegisteredVersion:
    """Raise InputError where the version is not registered."""
    found = registry.version(version)
    if found is None:
        raise InputError(f"There is no version {version}: `vigie model list` shows which there are.")
    return found
