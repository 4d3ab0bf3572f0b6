"""Makes bank transactions of accounts with habits, with named anomalies, and replays files."""

from generator.settings import GeneratorSettings
from generator.streaming import Summary, TransactionGenerator

__all__ = ["GeneratorSettings", "Summary", "TransactionGenerator"]
