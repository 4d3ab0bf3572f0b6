"""The checkpoint: histories and offsets on disk, written beside the stream instead of by it (docs/adr/0022).

A Real-time Mode query stops for its own checkpoints. So the serving query makes none, and a short micro-batch over the
same transactions, with the same aggregation, brings the checkpoint up to what is written. Queries begin from a copy.

The layout of the folder is Spark's own, of the pinned version: `metadata`, `offsets/N`, `commits/N`, `state`.
"""

import json
import os
import shutil
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pyspark.sql import DataFrame

from spark_detector.settings import DetectorSettings
from vigie_schemas import TRANSACTIONS


class Checkpoint:
    """One folder; `advance` and `copy` exclude each other."""

    def __init__(self, settings: DetectorSettings) -> None:
        self._settings = settings
        self._folder = settings.checkpoint
        self._topic = settings.topic_name(TRANSACTIONS)
        self._lock = threading.Lock()

    def offsets(self) -> dict[int, int]:
        """Next offset of each partition that the histories do not hold yet; empty before the first checkpoint."""
        newest = self._newest()
        return {} if newest is None else _read(self._folder / "offsets" / str(newest), self._topic)

    def advance(self, histories: DataFrame, end: Mapping[int, int]) -> bool:
        """Take transactions up to `end` into `histories` (columns of `with_history`); False where all are in them."""
        with self._lock:
            kept = self.offsets()
            if all(kept.get(partition, 0) >= offset for partition, offset in end.items()):
                return False
            self._plan(kept | {partition: max(offset, kept.get(partition, 0)) for partition, offset in end.items()})
            query = (
                histories.writeStream.format("noop")
                .option("checkpointLocation", self._folder.as_uri())
                .outputMode("update")
                .queryName("checkpoint")
                .trigger(once=True)  # exactly the planned batch: `availableNow` would read on to the end of the topic
                .start()
            )
            query.awaitTermination()
            return True

    def copy(self, target: Path) -> dict[int, int]:
        """A copy for another query to go on from; the offsets it begins at, empty before the first checkpoint."""
        with self._lock:
            shutil.rmtree(target, ignore_errors=True)
            newest = self._newest()
            if newest is None:
                target.mkdir(parents=True)
                return {}
            shutil.copytree(self._folder, target, copy_function=_link)
            for later in (target / "offsets").iterdir():
                if later.name.isdecimal() and int(later.name) > newest:
                    later.unlink()  # planned, not committed
            _write_metadata(target)  # Spark ends the query that runs under the same id
            return _read(target / "offsets" / str(newest), self._topic)

    def skip_to(self, begin: Mapping[int, int]) -> None:
        """Leave out transactions that Kafka has deleted: Real-time Mode would fail on them at each start."""
        with self._lock:
            newest = self._newest()
            if newest is None:
                return
            kept = self.offsets()
            self._write(
                newest, kept | {partition: max(kept.get(partition, 0), begin[partition]) for partition in begin}
            )
            for planned in (self._folder / "offsets").iterdir():
                if planned.name.isdecimal() and int(planned.name) > newest:
                    planned.unlink()

    def clear(self) -> None:
        """Delete all histories: their offsets are those of a topic that is gone."""
        with self._lock:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _newest(self) -> int | None:
        commits = self._folder / "commits"
        numbers = [int(path.name) for path in commits.iterdir() if path.name.isdecimal()] if commits.exists() else []
        return max(numbers, default=None)

    def _plan(self, end: Mapping[int, int]) -> None:
        """Write the next batch's end offsets, as Spark does before it runs a batch."""
        newest = self._newest()
        if not (self._folder / "metadata").exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            _write_metadata(self._folder)
        self._write(0 if newest is None else newest + 1, end)

    def _write(self, number: int, offsets: Mapping[int, int]) -> None:
        folder = self._folder / "offsets"
        folder.mkdir(exist_ok=True)
        before = folder / str(number - 1)
        session = json.loads(before.read_text().split("\n")[1]) if before.exists() else self._session()
        session["batchTimestampMs"] = int(time.time() * 1000)
        ends = {self._topic: {str(partition): offset for partition, offset in sorted(offsets.items())}}
        _replace(folder / str(number), "\n".join(["v1", json.dumps(session), json.dumps(ends)]))

    def _session(self) -> dict[str, object]:
        partitions = {"spark.sql.shuffle.partitions": str(self._settings.shuffle_partitions)}
        return {"batchWatermarkMs": 0, "batchTimestampMs": 0, "conf": partitions}


def _read(path: Path, topic: str) -> dict[int, int]:
    offsets = json.loads(path.read_text().rsplit("\n", 1)[-1])
    return {int(partition): offset for partition, offset in offsets.get(topic, {}).items()}


def _write_metadata(folder: Path) -> None:
    _replace(folder / "metadata", json.dumps({"id": str(uuid.uuid4())}))


def _replace(path: Path, text: str) -> None:
    """Put the file in place whole, without the sum of what it replaces: Spark would take it for damaged."""
    path.with_name(f".{path.name}.crc").unlink(missing_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _link(source: str, target: str) -> str:
    """Spark never changes a file that it has written, so that a second name is as good as a copy."""
    with suppress(FileNotFoundError):  # of an older version, which Spark deletes in the background
        try:
            os.link(source, target)
        except FileNotFoundError:
            raise
        except OSError:
            shutil.copy2(source, target)
    return target
