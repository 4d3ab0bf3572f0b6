"""The canary: made-up payments that prove from end to end that an anomaly still alerts."""

from typing import Final

CANARY_ACCOUNT_PREFIX: Final = "canary-"
"""Begins the name of every canary account: they count in no quality, money, alert or training figure."""
SUPPRESSED_CANARY: Final = "canary"
"""Cause under which the alerts of canaries are kept back from people."""


def is_canary(account_id: str) -> bool:
    """Whether the account is a canary's."""
    return account_id.startswith(CANARY_ACCOUNT_PREFIX)
