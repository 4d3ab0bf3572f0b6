"""A query that scores: it begins from a copy of the checkpoint and never makes one of its own (docs/adr/0022)."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame
from pyspark.sql.streaming.query import StreamingQuery

from spark_detector import output_range
from spark_detector.champion import LoadedChampion
from spark_detector.output_range import MUTED, OutputRange
from spark_detector.pipeline import scoring
from spark_detector.running_values import RunningValues
from spark_detector.settings import DetectorSettings
from spark_detector.sink import start_writing
from spark_detector.threshold import VALUE, judged_by
from vigie_runtime import VigieError, get_logger

log = get_logger(__name__)

INTERVAL_SECONDS: Final = 24 * 3600
"""Real-time Mode stops for a checkpoint at the end of its interval; a query is replaced long before."""


class QueryEndedError(VigieError):
    """A query has ended without an error of its own."""


class ServingQuery:
    """One Real-time Mode query; reads from `begin` on and writes what its range says."""

    def __init__(
        self,
        histories: DataFrame,
        settings: DetectorSettings,
        champion: LoadedChampion | None,
        *,
        name: str,
        folder: Path,
        begin: Mapping[int, int],
    ) -> None:
        """`histories` is the stream with each account's past, `folder` a copy of the checkpoint: all before `begin`."""
        self.champion = champion
        self.begin = dict(begin)
        self.output = MUTED
        self._values = RunningValues(histories.sparkSession, name)
        self._messages = scoring(histories, settings, champion, self._values)
        self._settings = settings
        self._folder = folder
        self._name = name
        self._query: StreamingQuery | None = None

    @property
    def partitions(self) -> set[int]:
        """Those of the transactions topic when it was started: it reads no others."""
        return set(self.begin)

    def start(self, output: OutputRange) -> None:
        """Start it with the range it writes; returns before its tasks run."""
        self.write(output)
        self.judge_by(self.champion)
        self._query = start_writing(
            self._messages, self._settings, name=self._name, checkpoint=self._folder, seconds=INTERVAL_SECONDS
        )

    def write(self, output: OutputRange) -> None:
        """Change which offsets it writes output for, from the next record on."""
        self.output = output
        self._values.publish(output_range.VALUE, output.as_value())

    def judge_by(self, champion: LoadedChampion | None) -> None:
        """Change thresholds, from the next record on; the forest is that of the start."""
        self.champion = champion
        self._values.publish(VALUE, judged_by(champion))

    def positions(self) -> dict[int, int]:
        """Next offset it will take in, by partition, while it is muted."""
        return output_range.positions(self._values, self.begin)

    def require_running(self) -> None:
        """Raise what ended the query, if something did."""
        if self._query is not None and not self._query.isActive:
            self._query.awaitTermination()  # raises what ended it, if that was an error
            raise QueryEndedError(f"The query {self._name} ended by itself: it is started again.")

    def stop(self) -> bool:
        """End it and delete its copy of the checkpoint; False where its clients still wait for Kafka."""
        has_ended = True
        try:
            if self._query is not None:
                self._query.stop()
        except Py4JJavaError as error:  # raised after the tasks were cancelled: nothing is written any more
            if "TimeoutException" not in str(error.java_exception):
                raise
            log.warning("query stops slowly", query=self._name, reason="Kafka does not answer")
            has_ended = False
        shutil.rmtree(self._folder, ignore_errors=True)
        return has_ended
