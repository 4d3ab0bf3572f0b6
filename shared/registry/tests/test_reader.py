"""What the registry answers becomes what serves, or one sentence that says what to do."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from vigie_registry import Champion, RegistryReader, RegistryUnavailableError, UnusableVersionError
from vigie_runtime import UnavailableError, VigieError
from vigie_testing.mlflow import Reply, StandInMlflow, mlflow_error

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
CALIBRATION = (EXAMPLES / "calibration" / "valid" / "with-bins.json").read_bytes()
THRESHOLDS = next((EXAMPLES / "thresholds" / "valid").glob("*.json")).read_bytes()


def test_the_alias_names_version_thresholds_run_and_time(mlflow: StandInMlflow, reader: RegistryReader) -> None:
    mlflow.register(3, threshold_version="7", trained_rows="5000")

    assert reader.champion() == Champion(version=3, threshold_version=7, run_id="run-3", created_ms=12)


def test_a_champion_that_was_promoted_again_serves_since_then(mlflow: StandInMlflow, reader: RegistryReader) -> None:
    mlflow.register(3, promoted_at_ms="500")

    champion = reader.champion()

    assert champion is not None
    assert (champion.created_ms, champion.since_ms) == (12, 500)
    mlflow.register(3, promoted_at_ms="yesterday")
    assert (again := reader.champion()) is not None
    assert again.since_ms == 12


def test_all_versions_are_read_newest_first(mlflow: StandInMlflow, reader: RegistryReader) -> None:
    assert reader.versions() == []
    assert reader.version(3) is None
    found = {"version": "3", "description": "# Card", "tags": [{"key": "replaced_version", "value": "2"}]}
    mlflow.say("model-versions/search", {"model_versions": [{"version": "2"}, found]})
    mlflow.say("model-versions/get", {"model_version": found})

    newest, older = reader.versions()

    assert (newest.version, newest.card, newest.replaced) == (3, "# Card", 2)
    assert (older.version, older.replaced) == (2, None)
    assert reader.version(3) == newest


def test_without_a_tag_the_thresholds_are_the_champions_first(mlflow: StandInMlflow, reader: RegistryReader) -> None:
    mlflow.register(3)

    champion = reader.champion()

    assert champion is not None
    assert champion.threshold_version == 1


@pytest.mark.parametrize("reply", [(404, "RESOURCE_DOES_NOT_EXIST"), (400, "INVALID_PARAMETER_VALUE")])
def test_before_the_first_champion_there_is_none(
    mlflow: StandInMlflow, reader: RegistryReader, reply: tuple[int, str]
) -> None:
    mlflow.replies["registered-models/alias"] = mlflow_error(*reply)

    assert reader.champion() is None
    reader.require_answer()


def test_a_tag_that_is_no_number_is_named(mlflow: StandInMlflow, reader: RegistryReader) -> None:
    mlflow.register(3, threshold_version="seven")

    with pytest.raises(UnusableVersionError, match=r"threshold_version of version 3 is 'seven', .* MLflow's page"):
        reader.champion()


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(403, b"Invalid Host header - possible DNS rebinding attack detected"), "VIGIE_MLFLOW_ALLOWED_HOSTS"),
        (Reply(401, b"You are not authenticated."), r"\(401\): set MLFLOW_TRACKING_USERNAME"),
        (Reply(403, b"Permission denied"), r"\(403\): set MLFLOW_TRACKING_USERNAME"),
        (
            Reply(302, headers=(("Location", "https://mlflow.example/"),)),
            r"https://mlflow\.example/: set MLFLOW_TRACKING_URI",
        ),
        (Reply(404, b"<h1>Not Found</h1>"), "answers 404, and not as MLflow does: set MLFLOW_TRACKING_URI"),
        (Reply(200, b"<h1>Welcome</h1>"), "what is not MLflow's: set MLFLOW_TRACKING_URI"),
        (Reply(200, b'{"model_version": {"version": "three"}}'), "what is not MLflow's: set MLFLOW_TRACKING_URI"),
        (Reply(503, b"try later"), r"answers 503 \(Service Unavailable\): its log says why"),
        (Reply(500, b'{"error_code": "INTERNAL_ERROR", "message": "no such table"}'), "no such table.*its log"),
    ],
)
def test_what_is_no_answer_of_a_registry_says_what_to_do(
    mlflow: StandInMlflow, reader: RegistryReader, reply: Reply, says: str
) -> None:
    mlflow.replies["registered-models/alias"] = reply

    with pytest.raises(RegistryUnavailableError, match=says):
        reader.require_answer()


@contextmanager
def a_silent_port() -> Iterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def test_an_address_without_a_server_is_named_without_its_password() -> None:
    with (
        a_silent_port() as address,
        RegistryReader(f"http://reader:secret-word@{address}") as reader,
        structlog.testing.capture_logs() as logs,
        pytest.raises(RegistryUnavailableError) as away,
    ):
        reader.champion()

    assert f"at http://{address} does not answer" in str(away.value)
    assert "MLFLOW_TRACKING_URI" in str(away.value)
    assert "secret-word" not in str(away.value) + str(logs)


def test_an_outage_is_logged_at_its_beginning_and_at_its_end(mlflow: StandInMlflow, reader: RegistryReader) -> None:
    with structlog.testing.capture_logs() as logs:
        reader.champion()
        mlflow.replies["registered-models/alias"] = Reply(503)
        for _ in range(3):
            with pytest.raises(RegistryUnavailableError):
                reader.champion()
        mlflow.replies["registered-models/alias"] = mlflow_error(404, "RESOURCE_DOES_NOT_EXIST")
        reader.champion()
        reader.champion()

    logged = [(entry["log_level"], entry["event"]) for entry in logs]
    assert logged == [("warning", "registry unavailable"), ("info", "registry available again")]


def test_a_log_in_is_sent(mlflow: StandInMlflow) -> None:
    with RegistryReader(mlflow.address, username="reader", password=SecretStr("word")) as reader:
        reader.champion()

    assert mlflow.questions[0].headers["authorization"] == "Basic cmVhZGVyOndvcmQ="


def test_a_registry_below_a_path_is_asked_there(mlflow: StandInMlflow) -> None:
    with RegistryReader(f"{mlflow.address}/registry/") as reader:
        reader.champion()

    assert mlflow.questions[0].path == "/registry/api/2.0/mlflow/registered-models/alias"


def test_calibration_and_thresholds_are_read(mlflow: StandInMlflow, reader: RegistryReader) -> None:
    mlflow.register(3)
    mlflow.keep("champion/calibration.json", CALIBRATION)
    mlflow.keep("thresholds/2.json", THRESHOLDS)

    assert reader.calibration(3).feature_bins
    assert reader.thresholds(3, 2).thresholds


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda reader: reader.calibration(3), r"Version 3 has no champion/calibration\.json .* Train again"),
        (lambda reader: reader.thresholds(3, 2), r"Version 3 has no thresholds/2\.json"),
    ],
)
def test_files_that_are_missing_are_named(
    mlflow: StandInMlflow, reader: RegistryReader, ask: Callable[[RegistryReader], object], says: str
) -> None:
    mlflow.register(3)

    with pytest.raises(UnusableVersionError, match=says):
        ask(reader)


def test_files_that_are_not_valid_are_named(mlflow: StandInMlflow, reader: RegistryReader) -> None:
    mlflow.register(3)
    mlflow.keep("champion/calibration.json", b"{}")
    mlflow.keep("thresholds/2.json", b"no JSON")

    with pytest.raises(
        UnusableVersionError, match=r"no valid calibration\.json \(schema_version: .* more\)\. Train again"
    ):
        reader.calibration(3)
    with pytest.raises(UnusableVersionError, match=r"Thresholds 2 of version 3 are not valid \(.*JSON"):
        reader.thresholds(3, 2)


def test_a_version_that_is_not_there_is_named(reader: RegistryReader) -> None:
    with pytest.raises(UnusableVersionError, match="holds no version 9"):
        reader.calibration(9)


def register_with_a_forest(mlflow: StandInMlflow) -> None:
    mlflow.register(3)
    mlflow.keep("champion/calibration.json", CALIBRATION)
    mlflow.keep("champion/forest/data/part 0.parquet", bytes(range(256)) * 5_000)
    mlflow.keep("champion/forest/data/_SUCCESS", b"")
    mlflow.say("artifacts/list champion/forest", {"files": [{"path": "champion/forest/data", "is_dir": True}]})
    files = [{"path": "champion/calibration.json", "is_dir": False}]
    mlflow.say("artifacts/list champion", {"files": files, "next_page_token": "+2"})
    mlflow.say("artifacts/list champion+2", {"files": [{"path": "champion/forest", "is_dir": True}]})


def test_a_champion_is_fetched_with_all_its_files(
    mlflow: StandInMlflow, reader: RegistryReader, tmp_path: Path
) -> None:
    register_with_a_forest(mlflow)
    (tmp_path / "3.partial").mkdir()
    (tmp_path / "3.partial" / "of-a-crash").touch()

    reader.fetch_champion(3, tmp_path / "3")

    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"3/calibration.json", "3/forest/data/part 0.parquet", "3/forest/data/_SUCCESS"}
    assert (tmp_path / "3/forest/data/part 0.parquet").read_bytes() == bytes(range(256)) * 5_000


@pytest.mark.parametrize(
    ("key", "reply", "kind"),
    [
        ("get-artifact champion/forest/data/_SUCCESS", Reply(503), RegistryUnavailableError),
        ("get-artifact champion/forest/data/_SUCCESS", None, UnusableVersionError),
        ("artifacts/list champion/forest", Reply(503), RegistryUnavailableError),
        ("model-versions/get", None, UnusableVersionError),
    ],
)
def test_what_cannot_be_fetched_whole_leaves_no_folder(
    mlflow: StandInMlflow, reader: RegistryReader, tmp_path: Path, key: str, reply: Reply | None, kind: type[VigieError]
) -> None:
    register_with_a_forest(mlflow)
    mlflow.replies.pop(key)
    if reply:
        mlflow.replies[key] = reply

    with pytest.raises(kind):
        reader.fetch_champion(3, tmp_path / "3")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["../escaped", "champion/../../escaped", "/etc/escaped", "other/escaped"])
def test_a_file_outside_its_folder_is_refused(
    mlflow: StandInMlflow, reader: RegistryReader, tmp_path: Path, path: str
) -> None:
    mlflow.register(3)
    mlflow.keep(path, b"x")
    mlflow.say("artifacts/list champion", {"files": [{"path": path}]})

    with pytest.raises(UnusableVersionError, match="outside its own folder"):
        reader.fetch_champion(3, tmp_path / "3")

    assert not list(tmp_path.parent.rglob("escaped"))


def test_a_version_without_a_champions_files_is_named(
    mlflow: StandInMlflow, reader: RegistryReader, tmp_path: Path
) -> None:
    mlflow.register(3)

    with pytest.raises(UnusableVersionError, match=r"Version 3 has no files in champion/: .* Give the alias"):
        reader.fetch_champion(3, tmp_path / "3")


def test_a_folder_that_cannot_be_written_is_named(
    mlflow: StandInMlflow, reader: RegistryReader, tmp_path: Path
) -> None:
    register_with_a_forest(mlflow)
    (tmp_path / "file").touch()

    with pytest.raises(UnavailableError, match=r"could not be written to .* set VIGIE_DATA_DIR"):
        reader.fetch_champion(3, tmp_path / "file" / "3")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(status=st.integers(200, 599), body=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_answers_there_are_only_our_own_errors(
    mlflow: StandInMlflow, reader: RegistryReader, status: int, body: bytes
) -> None:
    mlflow.replies["registered-models/alias"] = Reply(status, b"" if status in (204, 205, 304) else body)

    with suppress(VigieError):
        assert reader.champion() is None
