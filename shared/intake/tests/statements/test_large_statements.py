"""Statements far larger than the memory they may take."""

import os
import subprocess
import sys
from pathlib import Path

from .conftest import SHOP_IBAN, Detail, Entry, Mt940, Party, camt, mt940, statement

SIZE = 50 << 20
ALLOWED = 40 << 20

# in a process of its own: the parser's memory is libxml2's, and only the process as a whole shows it
READ = """
import resource, sys
from vigie_intake.statements import statement_source
import pyarrow as pa

unit = 1 if sys.platform == "darwin" else 1024
source = statement_source(lambda: open(sys.argv[1], "rb"), "large")
batches = source.batches()
rows = next(batches).num_rows
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
rows += sum(batch.num_rows for batch in batches)
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit - before)
"""


def read(file: Path) -> tuple[int, int]:
    """Rows, and by how many bytes the process grew after its first batch."""
    done = subprocess.run(
        [sys.executable, "-c", READ, file], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    rows, grown = done.stdout.split()
    return int(rows), int(grown)


def write(file: Path, whole: bytes, mark: bytes, part: bytes, size: int) -> int:
    """The whole with `part` in place of the mark, again and again; gives back how often."""
    head, found, end = whole.partition(mark)
    assert found
    times = size // len(part) + 1
    with file.open("wb") as out:
        out.write(head)
        for _ in range(times):
            out.write(part)
        out.write(end)
    return times


def test_fifty_megabytes_of_entries_are_read_in_bounded_memory(tmp_path: Path) -> None:
    mark = Entry("0.01")
    # long remittance, so that the size is in the text and the test is over soon
    detail = Detail("12.30", creditor=Party("Bakery", SHOP_IBAN), remittance=("x" * 2000,))
    part = Entry(details=[detail]).xml(8) + "\n"
    whole = camt(statement(Entry(), mark), version=8)
    times = write(tmp_path / "large.xml", whole, mark.xml(8).encode(), part.encode(), SIZE)
    rows, grown = read(tmp_path / "large.xml")
    assert rows == times + 1
    assert grown < ALLOWED


def test_a_batch_of_fifty_megabytes_in_one_entry_is_read_in_bounded_memory(tmp_path: Path) -> None:
    mark = Detail("1.00", remittance=("cut here",))
    part = Detail("1.00", creditor=Party("Bakery", SHOP_IBAN), remittance=("x" * 2000,)).xml(8)
    whole = camt(statement(Entry("1.00", details=[mark])), version=8)
    times = write(tmp_path / "batch.xml", whole, mark.xml(8).encode(), part.encode(), SIZE)
    rows, grown = read(tmp_path / "batch.xml")
    assert rows == times
    assert grown < ALLOWED


def test_a_long_swift_statement_is_read_in_bounded_memory(tmp_path: Path) -> None:
    lines = (":61:2603020302D12,30NTRFNONREF", ":86:Bread", "x" * 2000)
    times = write(
        tmp_path / "large.sta",
        mt940(Mt940(lines=["cut here"])),
        b"cut here\r\n",
        ("\r\n".join(lines) + "\r\n").encode(),
        SIZE,
    )
    rows, grown = read(tmp_path / "large.sta")
    assert rows == times
    assert grown < ALLOWED
