#!/usr/bin/env bash
# mt-940 5.1.1 (Python, PyPI): an entry (:61:) without a transaction type is replaced by the next one.
#
# One would guess: each :61: of a statement is one transaction, or an error.
# What happens: the pattern of :61: lets the type (NTRF …) be missing, and then data["id"] is None. The next :61: takes
# a transaction without an id for an empty one and writes over it: of two payments one is left, with the amount of the
# second and the texts (:86:) of both. Nothing is raised or logged. mt940.Options.all() changes nothing.
#
# Beside it: a :86: behind the closing balance (:62F:) is information on the statement, as SWIFT has it. It is appended
# to the details of the last transaction; parse_statements() does so too.
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
CLOSING = ":62F:C260302EUR97,00\n"


def parsed(text):
    (statement,) = mt940.parse_statements(text, options=mt940.Options.all())
    return [(str(each.data["amount"].amount), each.data.get("transaction_details")) for each in statement]


two = HEAD + ":61:2603020302D1,00\n:86:first\n:61:2603020302D2,00\n:86:second\n" + CLOSING
with_type = two.replace("1,00\n", "1,00NTRFNONREF\n").replace("2,00\n", "2,00NTRFNONREF\n")
found = parsed(two), parsed(with_type)
print(f"two entries without a type: {found[0]}")
print(f"the same with a type: {found[1]}")

about = parsed(HEAD + ":61:2603020302D3,00NTRFNONREF\n:86:payment\n" + CLOSING + ":86:new prices from May\n")
print(f"a :86: behind the closing balance: {about}")

as_described = found == ([("-2.00", "first\nsecond")], [("-1.00", "first"), ("-2.00", "second")])
as_described &= about == [("-3.00", "payment\nnew prices from May")]
print("as described" if as_described else "CHANGED: no longer as the header of this script says")
sys.exit(not as_described)
PYTHON
