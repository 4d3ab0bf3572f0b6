"""What the checkpoint does to files; that Spark goes on from them is tested on a real broker."""

import json
from pathlib import Path

import pytest

from spark_detector.checkpoint import Checkpoint
from spark_detector.settings import DetectorSettings

SESSION = '{"batchWatermarkMs":0,"batchTimestampMs":7,"conf":{"spark.sql.shuffle.partitions":"3"}}'


@pytest.fixture
def settings(tmp_path: Path) -> DetectorSettings:
    return DetectorSettings(data_dir=tmp_path)


@pytest.fixture
def folder(settings: DetectorSettings) -> Path:
    """As Spark leaves it: two batches committed, a third one planned."""
    folder = settings.checkpoint
    for name in ("offsets", "commits", "state/0/0"):
        (folder / name).mkdir(parents=True)
    (folder / "metadata").write_text('{"id":"one"}')
    (folder / ".metadata.crc").write_text("sum")
    for number, end in ((4, 10), (5, 20), (6, 30)):
        ends = json.dumps({"transactions": {"0": end, "1": end + 1}})
        (folder / "offsets" / str(number)).write_text(f"v1\n{SESSION}\n{ends}")
        (folder / "offsets" / f".{number}.crc").write_text("sum")
    for number in (4, 5):
        (folder / "commits" / str(number)).write_text("v1\n{}")
    (folder / "state/0/0/6_abc.zip").write_text("state")
    return folder


def test_its_offsets_are_those_of_the_newest_committed_batch(settings: DetectorSettings, folder: Path) -> None:
    assert Checkpoint(settings).offsets() == {0: 20, 1: 21}


def test_before_the_first_checkpoint_there_are_none(settings: DetectorSettings, tmp_path: Path) -> None:
    checkpoint = Checkpoint(settings)

    assert checkpoint.offsets() == {}
    assert checkpoint.copy(tmp_path / "copy") == {}
    assert list((tmp_path / "copy").iterdir()) == []


def test_a_copy_begins_where_the_checkpoint_ends_under_an_id_of_its_own(
    settings: DetectorSettings, folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"

    begin = Checkpoint(settings).copy(copy)

    assert begin == {0: 20, 1: 21}
    assert not (copy / "offsets/6").exists(), "what was planned and not committed is not part of it"
    assert json.loads((copy / "metadata").read_text())["id"] != "one"
    assert not (copy / ".metadata.crc").exists()
    assert (copy / "state/0/0/6_abc.zip").read_text() == "state"
    assert (folder / "metadata").read_text() == '{"id":"one"}', "the checkpoint itself stays as it was"


def test_what_kafka_has_deleted_is_skipped(settings: DetectorSettings, folder: Path) -> None:
    checkpoint = Checkpoint(settings)

    checkpoint.skip_to({0: 25, 1: 5, 2: 3})

    assert checkpoint.offsets() == {0: 25, 1: 21, 2: 3}
    assert not (folder / "offsets/.5.crc").exists(), "Spark would take the file for damaged"
    assert not (folder / "offsets/6").exists(), "the planned batch would read what is gone"
    kept = json.loads((folder / "offsets/5").read_text().split("\n")[1])
    assert kept["conf"] == {"spark.sql.shuffle.partitions": "3"}


def test_cleared_it_is_as_before_the_first(settings: DetectorSettings, folder: Path) -> None:
    checkpoint = Checkpoint(settings)

    checkpoint.clear()

    assert checkpoint.offsets() == {}
    checkpoint.skip_to({0: 25})
    assert not folder.exists()
