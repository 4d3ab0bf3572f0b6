"""Reads the model registry over MLflow's REST interface. Writing is the trainer's, by MLflow's own client."""

from vigie_registry.errors import RegistryUnavailableError, UnusableVersionError, first_fault
from vigie_registry.reader import RegistryReader
from vigie_registry.settings import RegistryAddress, RegistrySettings
from vigie_registry.versions import Champion, RegisteredVersion

__all__ = [
    "Champion",
    "RegisteredVersion",
    "RegistryAddress",
    "RegistryReader",
    "RegistrySettings",
    "RegistryUnavailableError",
    "UnusableVersionError",
    "first_fault",
]
