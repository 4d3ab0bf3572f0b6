"""What is kept on disk makes a start without a registry possible, and nothing half written counts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from spark_detector.champion import ChampionError, load_champion
from spark_detector.champion_store import ChampionStore
from vigie_registry import Champion, RegistryReader, RegistryUnavailableError, UnusableVersionError
from vigie_schemas import Thresholds
from vigie_testing.mlflow import StandInMlflow, stand_in_mlflow

THRESHOLDS = next((Path(__file__).parents[3] / "shared/schemas/examples/thresholds/valid").glob("*.json")).read_bytes()


@pytest.fixture
def mlflow() -> Iterator[StandInMlflow]:
    with stand_in_mlflow() as mlflow:
        yield mlflow


@pytest.fixture
def store(mlflow: StandInMlflow, tmp_path: Path) -> Iterator[ChampionStore]:
    with RegistryReader(mlflow.address) as reader:
        yield ChampionStore(reader, tmp_path / "champions")


def test_a_version_is_fetched_once_and_then_needs_no_registry(mlflow: StandInMlflow, store: ChampionStore) -> None:
    mlflow.register(3)
    mlflow.keep("champion/calibration.json", b"{}")
    folder = store.fetch(3)
    mlflow.replies.clear()

    assert store.fetch(3) == folder
    assert (folder / "calibration.json").read_bytes() == b"{}"
    with pytest.raises(UnusableVersionError):
        store.fetch(4)


def test_what_should_serve_is_the_registrys_word(mlflow: StandInMlflow, store: ChampionStore) -> None:
    assert store.newest() is None
    mlflow.register(3, threshold_version="2")
    assert store.newest() == Champion(version=3, threshold_version=2, run_id="run-3", created_ms=12)


def test_the_last_good_version_stays_and_older_ones_go(
    mlflow: StandInMlflow, store: ChampionStore, tmp_path: Path
) -> None:
    assert store.last_good() is None
    for version in (3, 4):
        mlflow.register(version)
        mlflow.keep("champion/calibration.json", b"{}")
        store.fetch(version)
        store.mark_good(version)

    assert store.last_good() == 4
    assert sorted(path.name for path in (tmp_path / "champions").iterdir()) == ["4", "last-good"]


def test_a_broken_mark_is_none(store: ChampionStore, tmp_path: Path) -> None:
    (tmp_path / "champions").mkdir()
    (tmp_path / "champions" / "last-good").write_text("")

    assert store.last_good() is None


def test_thresholds_are_fetched_kept_and_read_again(mlflow: StandInMlflow, store: ChampionStore) -> None:
    known = Thresholds.model_validate_json(THRESHOLDS)
    version, number = known.model_version, known.threshold_version
    mlflow.register(version)
    mlflow.keep("champion/calibration.json", b"{}")
    mlflow.keep(f"thresholds/{number}.json", THRESHOLDS)
    store.fetch(version)
    assert store.kept_thresholds(version) is None

    store.keep_thresholds(store.fetch_thresholds(version, number))

    assert store.kept_thresholds(version) == known


def test_kept_thresholds_that_are_broken_are_named(store: ChampionStore, tmp_path: Path) -> None:
    file = tmp_path / "champions" / "3" / "thresholds.json"
    file.parent.mkdir(parents=True)
    file.write_text("{")

    with pytest.raises(ChampionError, match=r"3/thresholds\.json are not valid .*: delete the file"):
        store.kept_thresholds(3)


def test_without_the_registry_nothing_new_is_fetched(tmp_path: Path) -> None:
    with RegistryReader("http://127.0.0.1:9") as reader, pytest.raises(RegistryUnavailableError):
        ChampionStore(reader, tmp_path).fetch(1)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"{}", r"no valid calibration\.json \("), (b"\xff", r"no valid calibration\.json"), (None, "cannot be read")],
)
def test_a_calibration_that_does_not_fit_is_named(tmp_path: Path, content: bytes | None, says: str) -> None:
    if content is not None:
        (tmp_path / "calibration.json").write_bytes(content)

    with pytest.raises(ChampionError, match=rf"{says}.* Train again"):
        load_champion(3, tmp_path)
