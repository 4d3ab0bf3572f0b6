"""How long the trainer's loops wait after failures, and what went wrong last."""


def pause_after(failures: int, longest_seconds: float) -> float:
    """Seconds before the next try: 1 after the first failure in a row, then twice as many each time."""
    return min(longest_seconds, 2.0 ** min(failures - 1, 10))


class Retries:
    """Failures in a row of one loop; read by the status server's thread."""

    def __init__(self, longest_seconds: float) -> None:
        self._longest_seconds = longest_seconds
        self._failures = 0
        self.last_error: str | None = None

    def failed(self, sentence: str) -> float:
        """Count a failure; return the seconds before the next try."""
        self._failures += 1
        self.last_error = sentence
        return pause_after(self._failures, self._longest_seconds)

    def succeeded(self) -> None:
        """Begin again with short pauses."""
        self._failures, self.last_error = 0, None
