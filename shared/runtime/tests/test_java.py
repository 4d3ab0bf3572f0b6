from pathlib import Path

import pytest

from vigie_runtime import ConfigurationError
from vigie_runtime.java import java_executable


def fake_java(folder: Path, version_line: str) -> None:
    java = folder / "java"
    java.write_text(f"#!/bin/sh\necho '{version_line}' >&2\n")
    java.chmod(0o755)


def test_a_missing_java_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ConfigurationError, match=r"Java 17 or newer is needed and was not found\. Install it"):
        java_executable()


@pytest.mark.parametrize(
    ("line", "number"), [('openjdk version "11.0.22" 2024-01-16', 11), ('java version "1.8.0_292"', 8)]
)
def test_an_old_java_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, number: int) -> None:
    fake_java(tmp_path, line)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    with pytest.raises(ConfigurationError, match=f"is {number}"):
        java_executable()


def test_a_new_java_is_found_by_java_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    fake_java(tmp_path / "bin", 'openjdk version "21.0.2" 2024-01-16')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    assert java_executable() == tmp_path / "bin" / "java"
