"""What can go wrong with a training that a person can mend."""

from vigie_runtime import VigieError


class TrainingError(VigieError):
    """No champion came out of a training; the one before stays."""


class TooFewRowsError(TrainingError):
    """More transactions have to be scored first."""
