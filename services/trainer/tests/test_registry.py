"""A registry that cannot be used is named before any work is done, with what to set."""

from collections.abc import Iterator
from contextlib import closing
from typing import cast

import pytest

from trainer import Trainer, TrainerSettings
from trainer.registry import RegistryWriter
from trainer.scored_topic import ScoredTopic
from vigie_registry import RegistryUnavailableError
from vigie_testing.mlflow import Reply, StandInMlflow, stand_in_mlflow

NO_TOPIC = cast("ScoredTopic", None)  # nothing of it may be read


@pytest.fixture
def mlflow() -> Iterator[StandInMlflow]:
    with stand_in_mlflow() as mlflow:
        yield mlflow


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(403, b"Invalid Host header - possible DNS rebinding attack detected"), "VIGIE_MLFLOW_ALLOWED_HOSTS"),
        (Reply(401, b"You are not authenticated."), "MLFLOW_TRACKING_USERNAME"),
        (Reply(200, b"<h1>Welcome</h1>"), "MLFLOW_TRACKING_URI"),
    ],
)
def test_a_registry_that_refuses_is_named_before_a_row_is_read(mlflow: StandInMlflow, reply: Reply, says: str) -> None:
    mlflow.replies["registered-models/alias"] = reply
    trainer = Trainer(TrainerSettings(mlflow_tracking_uri=mlflow.address))

    with pytest.raises(RegistryUnavailableError, match=says):
        trainer.train_from(NO_TOPIC)


def test_health_alone_proves_nothing(mlflow: StandInMlflow) -> None:
    mlflow.replies["health"] = Reply(200, b"OK")
    mlflow.replies["registered-models/alias"] = Reply(404, b"<h1>Not Found</h1>")

    with (
        closing(RegistryWriter(TrainerSettings(mlflow_tracking_uri=mlflow.address))) as registry,
        pytest.raises(RegistryUnavailableError, match="not as MLflow does"),
    ):
        registry.require_answer()
    assert "/health" not in {question.path for question in mlflow.questions}


def test_a_versions_page_is_below_the_registrys_address() -> None:
    settings = TrainerSettings(mlflow_tracking_uri="https://mlflow.example/registry/")

    with closing(RegistryWriter(settings)) as registry:
        assert registry.page(3) == "https://mlflow.example/registry/#/models/vigie-isolation-forest/versions/3"
