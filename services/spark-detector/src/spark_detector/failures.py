"""What to do about a query that fails twice for the same reason: starting it again will not help by itself."""

from typing import Final

from vigie_runtime import VigieError

ADVICE: Final = (
    ("OutOfMemoryError", "Give Spark a larger heap: VIGIE_SPARK_MEMORY."),
    ("No space left on device", "The disk that holds VIGIE_DATA_DIR is full: free some of it."),
    ("uthorizationException", "Give the detector's user the rights to its topics: docs/deployment.md."),
    (
        "RecordTooLargeException",
        "Let the topics take larger records: raise max.message.bytes.",
    ),
)
"""Part of the text of Spark's or Kafka's error, and the sentence for it."""
OTHERWISE: Final = (
    "A restart does not help. If the state on disk is damaged, stop the detector and move VIGIE_DATA_DIR away: "
    "histories are then rebuilt from what the topic still holds, and nothing is scored twice."
)


class RepeatedFailure:
    """Compares each failure of the query with the one before."""

    def __init__(self) -> None:
        self._last = ""

    def advice(self, error: Exception) -> str | None:
        """What to do where the last failure had the same reason; None at the first, and where the error says it."""
        reason = f"{type(error).__name__}: {first_line(error)}"
        is_repeated, self._last = reason == self._last, reason
        if not is_repeated or isinstance(error, VigieError):
            return None
        text = str(error)
        return next((sentence for part, sentence in ADVICE if part in text), OTHERWISE)


def first_line(error: Exception) -> str:
    """The sentence of an error of Spark's, without the trace that follows it."""
    return str(error).split("\n", 1)[0]
