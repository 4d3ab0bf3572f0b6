"""The commands of docs/, typed as they stand there in a clean clone, as a newcomer would."""

import ast
import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pandas as pd
import pytest

from alert_webhook.settings import AlertWebhookSettings
from gateway.settings import GatewaySettings
from vigie_platforms.declared import read_yaml
from vigie_runtime import load_settings
from vigie_testing.terminal import START_SECONDS, addresses_of_run, running, typed
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.timeout(600)

REPOSITORY = Path(__file__).parents[2]
SAMPLE = REPOSITORY / "services" / "generator" / "sample" / "transactions.parquet"
PROGRAMS = r"(?:make|docker|npm|railway|git|openssl|java|brew|sudo|\.venv/bin/\S+) "

RUN = "VIGIE_PAGE_PORT=0 make run"
REPLAY = ".venv/bin/python -m generator replay payments.parquet --speed 60"
TRAIN = "make train"
CLEAN = "make clean"
BACKTEST = "make backtest DATA=payments.parquet"
FOR_OTHERS = "VIGIE_HOST=0.0.0.0 VIGIE_USERS=anna:a-long-password VIGIE_API_TOKENS=desk:a-long-token"
GATEWAY_FOR_OTHERS = "VIGIE_GATEWAY_HOST=0.0.0.0 VIGIE_GATEWAY_TOKENS=core:send+read:a-token-of-48-digits"
TOKENS = "VIGIE_GATEWAY_TOKENS=core:send+read:a-token-of-48-digits,desk:read:another-token-of-48-digits"
DEBIAN = "sudo apt install git make python3 python3-venv default-jre-headless"
PULL = "git pull"
BY_DIGEST = "make platforms IMAGES=ghcr.io/YOU/vigie"
ANSWERS = {
    "java -version": "17|18|19|2[0-9]",
    "openssl rand -hex 24": "^[0-9a-f]{48}$",
    "make image-tag SERVICE=trainer": "^[0-9a-z.-]{12,}$",
    "make platforms": "railway.json",
    "make scan-secrets": "no leaks found",
}
"""Commands that change no system, with what their output has."""

ELSEWHERE = {
    "make run": ("tests/e2e/test_system.py", "make run"),
    "docker compose up -d": ("tests/images/test_stack.py", "up --detach"),
    'make images BUILD_ARGS="--build-arg BASE_IMAGE=..."': ("tests/images/conftest.py", "build --network=host"),
    "RENDER_API_KEY=... make deploy PLATFORM=render SERVICE=trainer IMAGE=ghcr.io/YOU/vigie/trainer@sha256:...": (
        "infra/platforms/tests/test_render.py",
        None,
    ),
    "make check": (".ci/run", "make check"),
    "make docs": ("infra/docs/tests/test_command.py", "write"),
    "make lint-platforms": (".ci/run", "make lint-platforms"),
    "make test-images": (".github/workflows/images.yml", "make test-images"),
    "make test-alone": (".github/workflows/nightly.yml", "make test-alone"),
    "make test-chaos": (".github/workflows/nightly.yml", "make test-chaos"),
    "make test-nightly": (".github/workflows/nightly.yml", "make test-nightly"),
    "make load-compare BASE=main~10": (".github/workflows/nightly.yml", "make load-compare BASE="),
    "make scan-dependencies": (".github/workflows/scans.yml", "make scan-dependencies"),
}
"""Commands that another file runs: the file, and how what it runs begins; None: it takes the command from the page."""

BY_HAND = {
    "VIGIE_BRIDGE_TOPIC=payments docker compose --profile bridge up": "wants images; the bridge itself is typed by "
    "test_your_data.py, and compose reads the file in tests/contract",
    "make load": "a benchmark of seven minutes that wants the machine for itself",
    "make load TARGET=gateway": "a benchmark of seven minutes that wants the machine for itself",
    "make peers": "a benchmark of half an hour that wants the machine for itself",
    ".venv/bin/vigie model rollback --by YOU --why ...": "wants two champions; typed by "
    "tests/integration/test_model_command.py",
    "make quality": "a benchmark of three minutes a seed that wants the machine for itself",
    "make test-workflows": "runs the tests that run the workflows",
    "make figures": "the tests behind it run with their floors",
    "brew install python@3.12 openjdk@17": "wants a Mac; the page says that we have not tried it",
    "npm install -g @railway/cli": "downloads a program from GitHub",
    "railway login": "wants an account",
    "railway init": "wants an account",
    "railway link": "wants an account",
    "make railway-plan": "wants Railway's command line and an account",
    "make railway-apply": "wants Railway's command line and an account",
    "make railway-images": "wants an account",
}
"""Commands that no test types, and why."""


def commands(page: Path) -> set[str]:
    """What a page tells a person to type: blocks of shell, indented lines, and programs with arguments in backticks."""
    text = re.sub(r"```(?!sh\n)\w+\n.*?```", "", page.read_text(), flags=re.S)
    blocks = [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]
    indented = re.findall(r"^ {4}(\S.*)$", text, re.M)
    inline = re.findall(rf"`((?:[A-Z_]+=\S+ )*{PROGRAMS}[^`]+)`", text)
    return {line.strip() for line in [*blocks, *indented, *inline]}


def test_each_command_is_typed_somewhere() -> None:
    pages = [page for page in (REPOSITORY / "docs").glob("*.md") if page.name not in {"api.md", "images-and-memory.md"}]
    your_data = commands(REPOSITORY / "docs" / "your-data.md")  # typed by test_your_data.py
    for_others = {FOR_OTHERS, GATEWAY_FOR_OTHERS, TOKENS}
    typed_here = your_data | for_others | {RUN, REPLAY, TRAIN, CLEAN, BACKTEST, DEBIAN, PULL, BY_DIGEST, *ANSWERS}

    found = set().union(*map(commands, pages))

    assert found == typed_here | set(ELSEWHERE) | set(BY_HAND)


@pytest.mark.parametrize("command", ELSEWHERE, ids=lambda command: command[:30])
def test_what_is_typed_elsewhere_is(command: str) -> None:
    where, begin = ELSEWHERE[command]

    if begin is None:
        assert [pattern for pattern in patterns_in(REPOSITORY / where) if re.search(pattern, f"    {command}", re.M)]
    else:
        assert [typed for typed in typed_in(REPOSITORY / where) if f"{typed} ".startswith(begin)]


@pytest.mark.parametrize("command", [one for one in ELSEWHERE if "make " in one], ids=lambda command: command[:30])
def test_the_makefile_takes_it(command: str) -> None:
    done = subprocess.run(
        ["bash", "-c", command.replace("make ", "make --dry-run ", 1)], cwd=REPOSITORY, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def typed_in(path: Path) -> list[str]:
    """What a file runs: lines of a shell script or of a workflow's steps, or words side by side in a test's Python."""
    if path.suffix == ".py":
        return words_side_by_side(ast.parse(path.read_text()))
    if path.suffix == ".yml":
        return lines_of_workflow(path)
    return [line.strip() for line in path.read_text().splitlines() if not line.startswith("#")]


def lines_of_workflow(path: Path) -> list[str]:
    """Lines of its steps, once for each word of a job's matrix."""
    found = []
    for job in read_yaml(path)["jobs"].values():
        words = job.get("strategy", {}).get("matrix", {}).get("word", [""])
        lines = [line.strip() for step in job.get("steps", ()) for line in step.get("run", "").splitlines()]
        found += [line.replace('"$WORD"', word) for line in lines for word in words]
    return found


def words_side_by_side(tree: ast.AST) -> list[str]:
    """The texts with which a list or the arguments of a call begin."""
    found = []
    for node in ast.walk(tree):
        parts = node.elts if isinstance(node, ast.List) else node.args if isinstance(node, ast.Call) else []
        texts = itertools.takewhile(lambda part: isinstance(part, ast.Constant) and isinstance(part.value, str), parts)
        found.append(" ".join(ast.literal_eval(text) for text in texts))
    return found


def patterns_in(path: Path) -> list[str]:
    """Patterns by which a test finds something in a page."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [
        str(call.args[0].value)
        for call in calls
        if ast.unparse(call.func) == "re.findall" and isinstance(call.args[0], ast.Constant)
    ]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is committed, cloned from a repository that can be pulled from."""
    upstream, clone = tmp_path_factory.mktemp("upstream"), tmp_path_factory.mktemp("clone") / "vigie"
    for command in (
        f"git init --quiet --bare --initial-branch=main {upstream}",
        f"git push --quiet {upstream} HEAD:refs/heads/main",
        f"git clone --quiet {upstream} {clone}",
    ):
        subprocess.run(command.split(), cwd=REPOSITORY, check=True)
    return clone


@pytest.mark.e2e
@pytest.mark.nightly
@pytest.mark.parametrize(("command", "pattern"), ANSWERS.items(), ids=lambda value: value[:30])
def test_it_answers(clone: Path, command: str, pattern: str) -> None:
    if command == "make scan-secrets" and shutil.which("go") is None:
        pytest.skip("no Go on this machine, from which gitleaks is built")

    assert re.search(pattern, typed(command, clone), re.M)


@pytest.mark.e2e
@pytest.mark.nightly
def test_debian_has_these_packages(clone: Path) -> None:
    if shutil.which("apt-cache") is None:
        pytest.skip("no apt on this machine")
    if subprocess.run(["apt-cache", "show", "default-jre-headless"], capture_output=True).returncode != 0:
        pytest.skip("apt has no list of packages here: `apt-get update` fetches it")

    typed(DEBIAN.replace("sudo apt install", "apt-get install --simulate"), clone)


@pytest.mark.e2e
@pytest.mark.nightly
def test_an_update_comes_with_a_pull(clone: Path) -> None:
    assert typed(PULL, clone) == "Already up to date."


@pytest.mark.e2e
@pytest.mark.nightly
def test_a_fork_writes_its_name_into_the_blueprint(clone: Path) -> None:
    typed(BY_DIGEST, clone)

    assert "url: ghcr.io/YOU/vigie/trainer:main" in (clone / "infra/render/by-digest.yaml").read_text()
    typed("git checkout --quiet infra", clone)


@pytest.mark.e2e
@pytest.mark.nightly
def test_a_file_is_judged_before_anything_is_deployed(clone: Path) -> None:
    pd.read_parquet(SAMPLE).to_parquet(clone / "payments.parquet")

    printed = typed(BACKTEST, clone, SEEDS="7")

    assert "See build/backtest/report.html" in printed
    assert "average precision" in (clone / "build/backtest/report.html").read_text()


@pytest.mark.e2e
def test_a_page_for_others_asks_for_a_log_in(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, _, value in (pair.partition("=") for pair in FOR_OTHERS.split()):
        monkeypatch.setenv(name, value)

    settings = load_settings(AlertWebhookSettings)

    assert (settings.host, len(settings.users), len(settings.api_tokens)) == ("0.0.0.0", 1, 1)


@pytest.mark.e2e
@pytest.mark.parametrize(("command", "host", "callers"), [(GATEWAY_FOR_OTHERS, "0.0.0.0", 1), (TOKENS, "127.0.0.1", 2)])
def test_a_gateway_for_others_asks_for_a_token(
    command: str, host: str, callers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, _, value in (pair.partition("=") for pair in command.split()):
        monkeypatch.setenv(name, value)

    settings = load_settings(GatewaySettings)

    assert (settings.gateway_host, len(settings.gateway_tokens)) == (host, callers)


@contextmanager
def typed_run(clone: Path, log: Path) -> Iterator[dict[str, str]]:
    """`make run` until Ctrl-C, on free ports; the addresses it prints, by their names."""
    ports = {f"VIGIE_{name}_PORT": "0" for name in ("KAFKA", "MLFLOW", "GATEWAY")}
    with running(RUN, clone, log, **ports, VIGIE_RATE="40", COLUMNS="160") as process:
        yield addresses_of_run(process, log)
    assert "Everything is stopped." in log.read_text()


def wait_for_scores(page: str) -> None:
    wait_until(
        lambda: (httpx2.get(f"http://{page}/api/metrics").json() or {}).get("model_version"),
        what="scores on the live page",
        timeout_seconds=START_SECONDS,
        interval_seconds=0.5,
    )


@pytest.mark.e2e
@pytest.mark.nightly
def test_a_newcomers_first_hour(clone: Path, tmp_path: Path) -> None:
    payments = pd.read_parquet(SAMPLE).head(300)
    two_seconds_apart = payments["ts"].iloc[0] + pd.to_timedelta(range(0, 600, 2), unit="s")
    payments.assign(ts=two_seconds_apart).to_parquet(clone / "payments.parquet")

    with typed_run(clone, tmp_path / "run.log") as address:
        variables = {
            "KAFKA_BOOTSTRAP_SERVERS": address["Kafka"],
            "MLFLOW_TRACKING_URI": f"http://{address['MLflow']}",
        }
        wait_for_scores(address["Live page"])
        (line,) = re.findall("^curl .+$", (tmp_path / "run.log").read_text(), re.M)
        verdict = json.loads(typed(line, clone))
        replayed = typed(REPLAY, clone, **variables)
        trained = typed(TRAIN, clone, **variables)

    assert "300 transactions and 300 labels sent, 0 rows refused, 0 not delivered." in replayed
    assert re.search("^version +2$", trained, re.M)
    assert re.fullmatch("try-[0-9]+", verdict["transaction_id"])
    assert verdict["basis"] in ("model", "fallback"), "a busy machine may miss the deadline"
    assert (clone / ".vigie").exists()

    typed(CLEAN, clone)

    assert not (clone / ".vigie").exists()
