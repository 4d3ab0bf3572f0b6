#!/usr/bin/env bash
# mt-940 5.1.1 (Python, PyPI): an amount it cannot read as a whole is cut, and the rest becomes a reference.
#
# One would guess: an amount with a decimal point instead of SWIFT's comma, or one longer than SWIFT's fifteen
# characters, raises RuntimeError, as other fields do that are not as their pattern says; Amount() itself takes both.
# What happens: in :61: the amount is as many digits and commas as there are, up to fifteen, the transaction type behind
# it may be missing, and whatever follows is the customer reference. 100.50 is read as 100, with the reference
# ".50NTRF…"; of 1234567890123,45 the last digit is lost. Nothing is raised or logged. mt940.Options.all() changes
# nothing.
#
# Needs Python 3.11 or newer with venv, and PyPI. Exits 1 when any of this is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mt-940==5.1.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import mt940

print(f"mt-940 {version('mt-940')}, Python {sys.version.split()[0]}")
HEAD = ":20:STATEMENT\n:25:37040044/0532013000\n:28C:1\n:60F:C260301EUR100,00\n"


def parsed(amount):
    text = f"{HEAD}:61:2603020302D{amount}NTRFREF1\n:62F:C260302EUR0,00\n"
    (each,) = mt940.parse(text, options=mt940.Options.all())
    return str(each.data["amount"].amount), each.data["id"], each.data["customer_reference"]


found = {amount: parsed(amount) for amount in ("100,50", "100.50", "1234567890123,45")}
for amount, (read, kind, reference) in found.items():
    print(f"{amount}: amount {read}, type {kind}, customer reference {reference!r}")

as_described = found == {
    "100,50": ("-100.50", "NTRF", "REF1"),
    "100.50": ("-100", None, ".50NTRFREF1"),
    "1234567890123,45": ("-1234567890123.4", None, "5NTRFREF1"),
}
print("as described" if as_described else "CHANGED: no longer as the header of this script says")
sys.exit(not as_described)
PYTHON
