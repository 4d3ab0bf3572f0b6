"""Learns the Isolation Forest and its thresholds from logged features and registers both."""

from trainer.errors import TrainingError
from trainer.settings import TrainerSettings
from trainer.trained import TrainingResult
from trainer.training import Trainer

__all__ = ["Trainer", "TrainerSettings", "TrainingError", "TrainingResult"]
