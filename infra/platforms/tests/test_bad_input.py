"""Bad input to a command or a make target: one sentence that says what to do, exit code 2, nothing written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RENDER_", "RAILWAY_"))}
    return subprocess.run(
        command, cwd=REPOSITORY, env=kept | environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("tag", "nonsense"), "There is no services/nonsense: say one of"),
        (("targets", "render", "{"), "Give images as a JSON object by service"),
        (("targets", "render", "[]"), "Give images as a JSON object by service"),
        (("images", "--prefix", "vigie"), "names no place in a registry"),
        (("generate", "--images", "vigie"), "names no place in a registry"),
        (("deploy", "render", "trainer", "vigie/trainer:latest"), "RENDER_API_KEY is missing"),
        (("running", "railway", "--out", "build/no.json"), "Set RAILWAY_API_TOKEN"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command_refuses_it(arguments: tuple[str, ...], sentence: str) -> None:
    done = run(sys.executable, "-m", "vigie_platforms", *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_nothing_is_written_by_a_command_that_refuses(tmp_path: Path) -> None:
    out = tmp_path / "images.json"

    done = run(sys.executable, "-m", "vigie_platforms", "running", "railway", "--out", str(out))

    assert done.returncode == 2
    assert not out.exists()


@pytest.mark.skipif(shutil.which("make") is None, reason="no make on this machine")
@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("backtest", "Say DATA, for example: make backtest DATA=payments.parquet"),
        ("image-tag", "Say SERVICE, for example: make image-tag SERVICE=trainer"),
        ("image-digests", "Say IMAGES, for example"),
        ("deploy", "Say PLATFORM, for example"),
        ("load-compare", "Say BASE, for example: make load-compare BASE=main~10"),
    ],
)
def test_a_target_says_which_variable_it_lacks(target: str, sentence: str) -> None:
    # --old-file: what is installed stays as it is, whatever the times of files are
    done = run("make", "--old-file=.venv/ready", "--no-print-directory", target)

    assert done.returncode == 2
    assert done.stderr.startswith(sentence)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("infra/platforms/railway.sh", "Railway's command line is needed"),
        ("infra/platforms/build-images.sh local", "docker is needed"),
        ("infra/local/install-uv.sh no-such-python", "Python 3.11 or newer is needed"),
        ("infra/tools/build.sh nonsense", "Say what to build"),
    ],
)
def test_a_script_says_what_it_lacks(script: str, sentence: str, tmp_path: Path) -> None:
    for program in ("bash", "dirname", "git", "env"):
        (tmp_path / program).symlink_to(shutil.which(program) or program)

    done = run(*script.split(), PATH=str(tmp_path))

    assert done.returncode == 2
    assert done.stderr.startswith(sentence)
