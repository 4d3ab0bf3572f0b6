"""A payment to send to the gateway from a shell: the line that `make run` prints to be pasted."""

import json
from typing import Final

SAMPLE_ACCOUNT: Final = "acct-b0c7d0d1d942"
"""One of the generator's, so that it has a history and a model judges it; the seed that is set by default makes it."""
NOW: Final = "NOW"
"""Where the shell puts the time, so that a line that is pasted twice sends two payments."""


def sample_call(address: str, *, needs_token: bool) -> str:
    """One line for a shell, which must reach it unbroken; a token comes from the variable the page has it from too."""
    payment = {"transaction_id": f"try-{NOW}", "account_id": SAMPLE_ACCOUNT, "amount": 42.5, "currency": "EUR"}
    body = json.dumps(payment).replace(NOW, "'$(date +%s)'")
    token = ' -H "Authorization: Bearer $VIGIE_GATEWAY_TOKEN"' if needs_token else ""
    return f"curl -s {address}/v1/transactions -H 'Content-Type: application/json'{token} -d '{body}'"
