"""Scores transactions: `AnomalyDetector` for a batch, `python -m spark_detector` for the stream."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spark_detector.batch import AnomalyDetector

__all__ = ["AnomalyDetector"]


def __getattr__(name: str) -> object:
    """Import the batch form when it is asked for: the service starts sooner without pandas."""
    if name == "AnomalyDetector":
        from spark_detector.batch import AnomalyDetector

        return AnomalyDetector
    raise AttributeError(name)
