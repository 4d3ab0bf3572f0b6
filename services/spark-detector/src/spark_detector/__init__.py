"""Scores transactions: `AnomalyDetector` for a batch, `python -m spark_detector` for the stream."""

from spark_detector.batch import AnomalyDetector

__all__ = ["AnomalyDetector"]
