from collections.abc import Iterator

import pytest

from vigie_registry import RegistryReader
from vigie_testing.mlflow import StandInMlflow, stand_in_mlflow


@pytest.fixture
def mlflow() -> Iterator[StandInMlflow]:
    """An MLflow without anything in it."""
    with stand_in_mlflow() as mlflow:
        yield mlflow


@pytest.fixture
def reader(mlflow: StandInMlflow) -> Iterator[RegistryReader]:
    """A reader of it."""
    with RegistryReader(mlflow.address) as reader:
        yield reader
