"""What is fetched at the first start: without Kafka nothing works, without charts the rest does."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from vigie_local import run
from vigie_runtime import UnavailableError
from vigie_runtime.jars import CHART_LIBRARY, KAFKA_BROKER, JarBundle


def fetching_all_but(missing: JarBundle, monkeypatch: pytest.MonkeyPatch, cache: Path) -> Console:
    """Nothing is cached, and one bundle cannot be had."""

    def jars_of(bundle: JarBundle) -> list[Path]:
        if bundle is missing:
            raise UnavailableError(f"Could not fetch {bundle.name}.")
        return []

    monkeypatch.setenv("VIGIE_CACHE_DIR", str(cache))
    monkeypatch.setattr(run, "jars_of", jars_of)
    return Console(file=io.StringIO(), width=200)


def test_the_page_can_go_without_charts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    console = fetching_all_but(CHART_LIBRARY, monkeypatch, tmp_path)

    run.fetch_jars(console)

    assert isinstance(console.file, io.StringIO)
    assert "without charts. Could not fetch chart-library." in console.file.getvalue()


def test_nothing_starts_without_the_broker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    console = fetching_all_but(KAFKA_BROKER, monkeypatch, tmp_path)

    with pytest.raises(UnavailableError, match="kafka-broker"):
        run.fetch_jars(console)
