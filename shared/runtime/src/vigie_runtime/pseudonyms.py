"""Pseudonyms in place of card numbers and IBANs: keyed, so that trying all numbers gives nothing without the key.

A card number has so few unknown digits that all of them can be hashed in minutes; PCI DSS 4.0 requirement 3.5.1.1 asks
for a keyed hash of the whole number. How the key is kept and changed: docs/adr/0020.
"""

import hashlib
import hmac
import os
import re
import secrets
import tempfile
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr, field_validator

from vigie_runtime.errors import ConfigurationError
from vigie_runtime.logs import get_logger
from vigie_runtime.settings import ServiceSettings
from vigie_schemas.account_numbers import (
    account_number_in,
    compact,
    is_account_number,
    names_account_by_number,
)
from vigie_schemas.record import IDENTIFIER_PATTERN

log = get_logger(__name__)

KEY_FILE: Final = "pseudonym-key"
PSEUDONYM_PREFIX: Final = "acct-"
DIGEST_CHARACTERS: Final = 16
"""64 bits: among ten million accounts two share a pseudonym with a chance of three in a million."""
MIN_KEY_CHARACTERS: Final = 32
MIN_KEY_DIFFERENT_CHARACTERS: Final = 8
EXAMPLE_WORDS: Final = ("example", "changeme", "change-me", "change_me", "placeholder", "password", "your-", "your_")
EXAMPLE_KEYS: Final = (
    "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "abcdefghijklmnopqrstuvwxyz0123456789" * 2,
    "abcdefghijklmnopqrstuvwxyz1234567890" * 2,
    hashlib.sha256(b"").hexdigest(),
)
HOW_TO_MAKE_A_KEY: Final = 'Make one with: python -c "import secrets; print(secrets.token_urlsafe(32))"'

_WEAK: Final = (
    f"too weak for a key: it needs {MIN_KEY_CHARACTERS} characters, {MIN_KEY_DIFFERENT_CHARACTERS} of them different, "
    f"and must be neither an example nor a repetition. {HOW_TO_MAKE_A_KEY}"
)


class PseudonymSettings(ServiceSettings):
    """Settings of whatever reads files that may name accounts by card number or IBAN."""

    pseudonym_key: SecretStr | None = Field(
        default=None,
        description="Key of the pseudonyms for card numbers and IBANs; unset: made once, kept in the data folder.",
    )

    @field_validator("pseudonym_key")
    @classmethod
    def _require_strong(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and is_weak_key(key.get_secret_value()):
            raise ValueError(_WEAK)
        return key


class Pseudonyms:
    """Names of accounts under one key: the same account gets the same name in every file."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def of(self, name: str) -> str:
        """The name itself where the contract takes it and it is no account number, else a name that tells nothing.

        A blank stays one, which the contract refuses.
        """
        return self.hidden(name) if needs_pseudonym(name) else name

    def hidden(self, name: str, prefix: str = PSEUDONYM_PREFIX) -> str:
        """A name in place of any name; the spellings of one account number have the same one."""
        number = account_number_in(name) or (compact(name) if names_account_by_number(name) else name)
        digest = hmac.new(self._key, number.encode(), hashlib.sha256).hexdigest()
        pseudonym = prefix + digest[:DIGEST_CHARACTERS]
        # one in some ten thousand has no letter and the right check digit: the contract would refuse it
        return self.hidden(digest, prefix) if is_account_number(pseudonym) else pseudonym


def needs_pseudonym(name: str) -> bool:
    """Whether the contract refuses an account of this name, or the name tells a card number or an IBAN.

    A blank names no account: under a pseudonym, payments without an account would all share one history.
    """
    if not name.strip():
        return False
    return re.fullmatch(IDENTIFIER_PATTERN, name) is None or names_account_by_number(name)


def is_weak_key(key: str) -> bool:
    """Whether a key is too short, has too few different characters, repeats itself or is known from examples."""
    folded = key.casefold()
    return (
        len(key.strip()) < MIN_KEY_CHARACTERS
        or len(set(key)) < MIN_KEY_DIFFERENT_CHARACTERS
        or key in (key + key)[1:-1]
        or any(word in folded for word in EXAMPLE_WORDS)
        or any(folded in example for example in EXAMPLE_KEYS)
    )


def load_pseudonyms(settings: PseudonymSettings) -> Pseudonyms:
    """Pseudonyms under the key of the settings, else under the one kept in the data folder, made where it is missing.

    Raises ConfigurationError where the kept key cannot be read, written or used.
    """
    if settings.pseudonym_key is not None:
        return Pseudonyms(settings.pseudonym_key.get_secret_value())
    file = settings.data_dir / KEY_FILE
    try:
        key = _read(file) or _made(file)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The key of pseudonyms cannot be kept in {file} ({error}). "
            f"Set VIGIE_DATA_DIR to a folder that can be written to, or set VIGIE_PSEUDONYM_KEY. {HOW_TO_MAKE_A_KEY}"
        ) from None
    if is_weak_key(key):
        raise ConfigurationError(
            f"{file} holds no usable key: put its backup there, or delete it, which gives accounts new pseudonyms."
        )
    return Pseudonyms(key)


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None


def _made(file: Path) -> str:
    """A new key, or the one of a process that was faster; a file is there whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{KEY_FILE}-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as new:
            new.write(secrets.token_urlsafe(32))
            new.flush()
            os.fsync(new.fileno())
        os.link(draft, file)
        log.info("pseudonym key made", file=str(file))
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
    return file.read_text(encoding="ascii").strip()
