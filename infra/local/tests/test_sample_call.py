import json
import subprocess
import time

import pytest

from vigie_local.sample_call import SAMPLE_ACCOUNT, sample_call
from vigie_schemas import Transaction

ADDRESS = "http://127.0.0.1:8001"


def arguments_of_curl(line: str, **environment: str) -> list[str]:
    """What curl is started with when a person pastes the line into a shell."""
    shell = 'curl() { printf "%s\\0" "$@"; }\n' + line
    done = subprocess.run(
        ["bash", "-euc", shell],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", **environment},
    )
    return done.stdout.rstrip("\0").split("\0")


def test_the_line_sends_a_payment() -> None:
    before = int(time.time())

    arguments = arguments_of_curl(sample_call(ADDRESS, needs_token=False))
    fields = json.loads(arguments[-1])

    assert arguments[:-1] == ["-s", f"{ADDRESS}/v1/transactions", "-H", "Content-Type: application/json", "-d"]
    assert fields["account_id"] == SAMPLE_ACCOUNT
    assert before <= int(fields["transaction_id"].removeprefix("try-")) <= time.time()
    # the gateway adds these two where they are left out
    Transaction.model_validate({**fields, "schema_version": 1, "timestamp_ms": before * 1000})


def test_with_tokens_the_line_sends_that_of_the_page() -> None:
    arguments = arguments_of_curl(sample_call(ADDRESS, needs_token=True), VIGIE_GATEWAY_TOKEN="a-long-token")

    assert "Authorization: Bearer a-long-token" in arguments


@pytest.mark.parametrize("needs_token", [False, True])
def test_it_is_one_line(needs_token: bool) -> None:
    assert "\n" not in sample_call(ADDRESS, needs_token=needs_token)
