"""Whatever bytes a file holds, it is read or refused in our words, and never ends a program by another error."""

import gzip
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vigie_intake.reading import open_source
from vigie_runtime import InputError

ROWS = [{"id": f"t-{row}", "when": f"2024-05-{row % 28 + 1:02d} 10:00", "amount": f"{row}.50"} for row in range(40)]


def as_parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), out)
    return out.getvalue()


CSV = "id,when,amount\n" + "".join(f'{row["id"]},"{row["when"]}",{row["amount"]}\n' for row in ROWS)
FILES = {
    "csv": CSV.encode(),
    "utf-16": CSV.encode("utf-16"),
    "json": "\n".join(json.dumps(row) for row in ROWS).encode(),
    "parquet": as_parquet(),
    "gzip": gzip.compress(CSV.encode()),
}
PIECES = [
    b"",
    b'"',
    b"'",
    b"\n",
    b"\r",
    b",",
    b";",
    b"\x00",
    b"\xff",
    b"\\",
    b"{",
    b"]",
    b"\xc3",
    b":20:",
    b"<a>",
    b"a,b",
]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(FILES)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), st.sampled_from(PIECES)), min_size=1, max_size=4),
    size=st.floats(0, 1),
)
def test_a_damaged_file_is_read_or_refused(
    kind: str, changes: list[tuple[float, int, bytes]], size: float, tmp_path: Path
) -> None:
    data = FILES[kind]
    for place, removed, piece in changes:
        at = int(place * len(data))
        data = data[:at] + piece + data[at + removed :]
    path = tmp_path / "export"
    path.write_bytes(data if size > 0.5 else data[: int(2 * size * len(data))])

    refused, rows = "", 0
    try:
        rows = sum(batch.num_rows for batch in open_source(path).batches())
    except InputError as error:
        refused = str(error)

    assert refused.endswith(".") if refused else rows <= len(ROWS) + len(changes)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1), quoted=st.booleans())
def test_a_stray_quote_swallows_no_row(place: float, quoted: bool, tmp_path: Path) -> None:
    data = CSV if quoted else CSV.replace('"', "")
    at = int(place * len(data))
    (tmp_path / "export").write_text(f'{data[:at]}"{data[at:]}')

    try:
        rows = sum(batch.num_rows for batch in open_source(tmp_path / "export").batches())
    except InputError:
        return
    assert rows == len(ROWS)
