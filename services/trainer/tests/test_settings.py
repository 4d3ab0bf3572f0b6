"""What the trainer's variables may hold."""

import pytest

from trainer import TrainerSettings
from vigie_runtime import ConfigurationError, load_settings


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("analyst", ("analyst",)),
        ("analyst, dataset", ("analyst", "dataset")),
        ("none", ()),
        ("", ("analyst", "dataset")),
    ],
)
def test_sources_of_labels_are_listed_with_commas(
    monkeypatch: pytest.MonkeyPatch, text: str, sources: tuple[str, ...]
) -> None:
    monkeypatch.setenv("VIGIE_LEARN_FROM", text)

    assert load_settings(TrainerSettings).learn_from == sources


def test_an_unknown_source_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_LEARN_FROM", "analyst,rumour")

    with pytest.raises(ConfigurationError, match="VIGIE_LEARN_FROM"):
        load_settings(TrainerSettings)
