#!/usr/bin/env bash
# pyarrow 25.0.1 (PyPI): its CSV reader makes one row of two where a quote inside a field is not closed, without an error.
#
# One would guess: a value that begins with a quote and goes on after the closing one is malformed, and a reader that checks
# the number of fields in each row (it does: "Expected 3 columns, got 2") says so.
# What happens: of two rows whose names begin with a quote that is never closed, such as names of shops in exports of banks,
# the first quote is closed by the second row's. The line break and the delimiter between them become part of the value, and
# one row of the right number of fields comes out. A payment is gone, and its amount is part of another one's name. Python's
# csv module refuses the same text with strict=True. Reading without quotes (quote_char=False) gives both rows.
#
# Needs Python 3.11 or newer with venv, and PyPI. Exits 1 when any of this is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyarrow==25.0.1
"$folder/venv/bin/python" - <<'PYTHON'
import csv
import io
import sys

import pyarrow.csv as arrow

text = 'id,shop,amount\n1,"Corner shop,3\n2,"Bakery,4\n'


def rows(**options):
    parse = arrow.ParseOptions(newlines_in_values=True, **options)
    try:
        return arrow.read_csv(io.BytesIO(text.encode()), parse_options=parse).to_pylist()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


quoted, plain = rows(), rows(quote_char=False)
try:
    strict = list(csv.reader(io.StringIO(text), strict=True))
except csv.Error as error:
    strict = f"csv.Error: {error}"
print("two rows are given")
print("pyarrow:                      ", quoted)
print("pyarrow with quote_char=False:", plain)
print("csv.reader(strict=True):      ", strict)
as_described = (
    isinstance(quoted, list) and len(quoted) == 1 and isinstance(plain, list) and len(plain) == 2 and isinstance(strict, str)
)
print("as described" if as_described else "CHANGED: no longer as the header of this script says")
sys.exit(not as_described)
PYTHON
