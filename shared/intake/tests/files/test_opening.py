"""What a path holds is found out by its content; what is no table is refused with what to do."""

import bz2
import gzip
import io
import lzma
import os
import pickle
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from vigie_intake.mapping import Layout
from vigie_intake.reading import open_source
from vigie_intake.source import Source
from vigie_runtime import InputError

CSV = b"id,amount\nx,5\ny,6\n"
CAMT = b"""<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>m</MsgId><CreDtTm>2024-05-01T10:00:00</CreDtTm></GrpHdr></BkToCstmrStmt></Document>"""


def zstd(data: bytes) -> bytes:
    return pa.compress(data, codec="zstd", asbytes=True)


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("export.csv")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def put(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "export.csv"  # whatever is in it
    path.write_bytes(data)
    return path


def values(source: Source) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for batch in source.batches() for row in batch.to_pylist()]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd, lambda data: zipped({"a": data})])
def test_whatever_it_is_packed_in_rows_are_the_same(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    source = open_source(put(tmp_path, pack(CSV)))

    assert values(source) == values(source) == [("x", "5"), ("y", "6")]
    assert values(open_source(put(tmp_path, pack(b'{"a": "x"}\n')))) == [("x",)]


def test_a_gzip_of_several_parts_and_one_in_a_zip(tmp_path: Path) -> None:
    several = gzip.compress(CSV) + gzip.compress(b"z,7\n")

    assert values(open_source(put(tmp_path, zipped({"a.gz": several})))) == [("x", "5"), ("y", "6"), ("z", "7")]


def test_of_a_zip_of_several_files_one_is_named(tmp_path: Path) -> None:
    path = put(tmp_path, zipped({"in/a.csv": CSV, "b.csv": b"k;v\n1;2\n", "__MACOSX/in/._a.csv": b"x"}))

    with pytest.raises(InputError, match=r"is a zip of 2 files; it has in/a.csv, b.csv. Say which .*layout.member"):
        open_source(path)
    with pytest.raises(InputError, match=r"has no file c.csv; it has in/a.csv, b.csv"):
        open_source(path, Layout(member="c.csv"))
    one, other = (open_source(path, Layout(member=name)) for name in ("in/a.csv", "b.csv"))
    assert (values(one), values(other)) == ([("x", "5"), ("y", "6")], [("1", "2")])
    assert one.identity() != other.identity()


def test_what_is_unpacked_is_read_as_it_comes(tmp_path: Path) -> None:
    lines = b"id,amount\n" + b"a,5\n" * 5_000_000
    source = open_source(put(tmp_path, gzip.compress(lines, 1)))
    batches = source.batches()

    assert next(batches).num_rows < 2_000_000
    batches.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(CSV * 1000)[:-20],
        lzma.compress(CSV)[:-9],
        zipped({"a": CSV})[:-30],
        b"\x1f\x8b\x08",
    ],
    ids=["gzip", "xz", "zip", "gzip's head"],  # of their own: packed bytes tell the time at which they were packed
)
def test_what_is_damaged_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"export.csv is packed, and cut off or damaged"):
        values(open_source(put(tmp_path, data)))


def test_packings_without_end_are_refused(tmp_path: Path) -> None:
    data = CSV
    for _ in range(6):
        data = gzip.compress(data)

    with pytest.raises(InputError, match="packed more than 3 times"):
        open_source(put(tmp_path, data))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty. Give a file with transactions"),
        (b" \n\n", "is empty"),
        (b"%PDF-1.7\n", "is a PDF document, .* Ask the bank"),
        (b"SQLite format 3\x00" + bytes(80), "is a SQLite database"),
        (b"Obj\x01\x04\x14avro", "is an Avro container file"),
        (b"ORC\x0a\x03\x00\x00", "is an ORC file"),
        (b"ARROW1\x00\x00", "is an Arrow file"),
        (pickle.dumps({"amount": [1.5]}), "is a Python pickle, .* Write it as Parquet with pandas"),
        (b"PARE\x00\x00", "is an encrypted Parquet file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel or office file, .* Save its sheet as CSV"),
        (zipped({"[Content_Types].xml": b"", "xl/workbook.xml": b""}), "Excel or office file"),
        (b"<!DOCTYPE html><html></html>", "is an HTML page"),
        (b"\n<table><tr><td>1</td></tr></table>", "is an HTML page"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "Excel or office file"),
        (b'<?xml version="1.0"?><books/>', "XML"),
        (tarred(CSV), "is a tar archive"),
        (zipped({}), "is a zip without a file in it"),
        (b"OFXHEADER:100\n", "is an OFX statement"),
        (bytes(range(256)) * 20, "is neither text nor Parquet"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_what_is_no_table_is_refused_in_a_sentence(data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message) as refused:
        open_source(put(tmp_path, data))

    assert str(refused.value).startswith("export.csv")
    assert str(tmp_path) not in str(refused.value)
    assert len(re.findall(r"[.!] ", str(refused.value))) <= 1


@pytest.mark.parametrize("word", [b"ORC", b"SEQ", b"PARE"])
def test_a_text_may_begin_with_letters_of_another_format(word: bytes, tmp_path: Path) -> None:
    assert open_source(put(tmp_path, word + b"_ID,amount\nx,5\n")).schema.names[1] == "amount"


@pytest.mark.parametrize("pack", [lambda data: data, gzip.compress, lambda data: zipped({"a.xml": data})])
def test_a_statement_is_recognised_also_where_it_is_packed(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    assert open_source(put(tmp_path, pack(CAMT))).kind == "camt.053"


def test_what_is_not_there_or_may_not_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"^missing.csv is not there. Give the path"):
        open_source(tmp_path / "missing.csv")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe is no file, but a device or pipe"):
        open_source(tmp_path / "pipe")

    def refuse(*_: object) -> None:
        raise PermissionError

    path = put(tmp_path, CSV)
    monkeypatch.setattr(Path, "open", refuse)  # root, who may run this, may read everything
    with pytest.raises(InputError, match=r"export.csv may not be read by this user"):
        open_source(path)


def test_the_identity_follows_from_the_content_alone(tmp_path: Path) -> None:
    def identity(folder: str, name: str, data: bytes) -> str:
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_bytes(data)
        return open_source(tmp_path / folder / name).identity()

    one = identity("date=1", "data", CSV)

    assert re.fullmatch("[0-9a-f]{16}", one)
    assert identity("date=2", "data", CSV + b"z,7\n") != one
    assert identity("elsewhere", "other", CSV) == one
