"""What the first start downloads: nothing works without it, so the start fails and says what is missing."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from vigie_local import run
from vigie_runtime import UnavailableError
from vigie_runtime.jars import KAFKA_BROKER, KAFKA_CONNECTOR, JarBundle


@pytest.mark.parametrize("missing", [KAFKA_BROKER, KAFKA_CONNECTOR], ids=lambda bundle: bundle.name)
def test_nothing_starts_without_the_jars(missing: JarBundle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def jars_of(bundle: JarBundle) -> list[Path]:
        if bundle is missing:
            raise UnavailableError(f"Could not fetch {bundle.name}.")
        return []

    monkeypatch.setenv("VIGIE_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(run, "jars_of", jars_of)

    with pytest.raises(UnavailableError, match=missing.name):
        run.fetch_jars(Console(file=io.StringIO()))
