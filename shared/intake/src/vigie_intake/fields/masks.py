"""Values as messages may show them: nothing that names a person or tells an account number."""

from typing import Final

SHOWN_CHARACTERS: Final = 2
MAX_SHOWN: Final = 60


def masked(value: str) -> str:
    """The first two characters, enough to find the row by; of a value that short only the first."""
    return f"{value[: min(SHOWN_CHARACTERS, len(value) // 2)]}…"


def shortened(value: str) -> str:
    """A value whose length is the fault: how long it is, and nothing of what may name somebody."""
    return value if len(value) <= MAX_SHOWN else f"{masked(value)} ({len(value)} characters)"
