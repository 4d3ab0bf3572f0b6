"""Each image by itself: who runs in it, what is in it and what is not."""

import pytest

pytestmark = [pytest.mark.images, pytest.mark.timeout(3600)]

NAMES = (
    "alert-webhook",
    "bridge",
    "gateway",
    "generator",
    "metrics-sink",
    "mlflow-server",
    "spark-detector",
    "trainer",
)
# In MB, about a tenth above what was measured (docs/images-and-memory.md): growth should be a decision, not an accident
LARGEST = {
    "alert-webhook": 310,
    "bridge": 520,
    "gateway": 260,  # not measured yet: its packages are about as large as those of the metrics sink
    "generator": 520,
    "metrics-sink": 260,
    "mlflow-server": 1050,
    "spark-detector": 1460,
    "trainer": 1030,
}
SECRET_WORDS = ("PASSWORD", "SECRET", "TOKEN", "KEY")


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_no_service_runs_as_root_and_docker_can_ask_for_health(engine, images: dict[str, str], name: str) -> None:
    config = engine.inspect(images[name])["Config"]

    assert config["User"] == "10001:10001"
    assert config["Healthcheck"]["Test"][:3] == ["CMD", "python", "-m"]
    assert config["Cmd"][0] == "python", "a shell in between would keep signals from the process"
    assert config["StopSignal"] == "SIGTERM"
    assert config["Labels"]["org.opencontainers.image.title"] == name


def test_no_compiler_no_secret_no_tests(engine, images: dict[str, str], name: str) -> None:
    look = "command -v cc gcc g++ clang make uv; find /app -name 'test_*.py' -path '*/vigie*' -o -name .env; true"

    found = engine.run("run", "--rm", "--entrypoint", "sh", images[name], "-c", look)
    variables = [entry.split("=")[0] for entry in engine.inspect(images[name])["Config"]["Env"]]

    assert found == ""
    assert not [variable for variable in variables if any(word in variable for word in SECRET_WORDS)]


def test_it_says_what_is_missing_and_ends(engine, images: dict[str, str], name: str) -> None:
    """A wrong setting ends the container with one sentence, also where it may do next to nothing."""
    locked_down = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--network", "none"]

    container = engine.run("run", "-d", *locked_down, "-e", "VIGIE_LOG_LEVEL=LOUD", images[name])
    code = engine.run("wait", container)
    logs = engine.logs(container)
    engine.run("rm", container)

    assert code == "2"
    assert "VIGIE_LOG_LEVEL" in logs
    assert "Traceback" not in logs


def test_it_is_no_larger_than_it_has_to_be(engine, images: dict[str, str], name: str) -> None:
    megabytes = engine.inspect(images[name])["Size"] / 1e6

    assert megabytes < LARGEST[name]


def test_the_detector_brings_its_jars(engine, images: dict[str, str]) -> None:
    """Where there is no network it still starts Spark with the connector."""
    code = (
        "from spark_detector.session import start_session; from spark_detector.settings import DetectorSettings;"
        "s = start_session(DetectorSettings()); k = s.readStream.format('kafka').option('subscribe', 't');"
        "print(k.option('kafka.bootstrap.servers', 'no-host:1').load().columns)"
    )
    # without a network not even its own name is known, which Spark asks for
    alone = ["--network", "none", "--hostname", "localhost"]
    locked_down = ["--read-only", "--cap-drop", "ALL", "--tmpfs", "/tmp:exec,size=512m"]

    said = engine.run("run", "--rm", *alone, *locked_down, images["spark-detector"], "python", "-c", code, seconds=300)

    assert "'value', 'topic', 'partition', 'offset'" in said


def test_loadtests_bring_locust_without_spark(engine, images: dict[str, str]) -> None:
    said = engine.run("run", "--rm", images["loadtests"], "python", "-m", "vigie_loadtests.on_running_system", "--help")
    size = engine.inspect(images["loadtests"])["Size"] / 1e6

    assert "--duration" in said
    assert size < 900
    assert engine.inspect(images["loadtests"])["Config"]["User"] == "10001:10001"
