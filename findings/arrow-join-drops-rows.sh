#!/usr/bin/env bash
# pyarrow 25.0.1 (PyPI): joining columns with null_handling="skip" drops the rows in which every value is null.
#
# One would guess: an element-wise function gives as many rows as it is given; with "skip", "nulls are skipped", so a row of
# nothing but nulls becomes an empty text or null.
# What happens: such a row is left out, and the result is shorter than its inputs without an error. All rows after it move up:
# put beside other columns it raises at best, and gives rows the values of others at worst. "emit_null" and "replace" keep
# the number of rows. A separator given as an array does not help.
#
# Needs Python 3.11 or newer with venv, and PyPI. Exits 1 when any of this is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyarrow==25.0.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import pyarrow as pa
import pyarrow.compute as pc

given = pa.array(["shop", None, "x"]), pa.array([None, None, "y"], pa.string())
found = {
    how: pc.binary_join_element_wise(*given, " ", null_handling=how, null_replacement="").to_pylist()
    for how in ("skip", "emit_null", "replace")
}
for how, rows in found.items():
    print(f"{how}: 3 rows in, {len(rows)} out: {rows}")
as_described = found["skip"] == ["shop", "x y"] and len(found["emit_null"]) == len(found["replace"]) == 3
print("as described" if as_described else "CHANGED: no longer as the header of this script says")
sys.exit(not as_described)
PYTHON
