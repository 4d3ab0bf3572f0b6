"""The archive of Spark's classes: used where it is, and only by the JVM that it fits."""

import subprocess
import sys
from pathlib import Path

import pytest

from spark_detector.class_sharing import jvm_flags

MAKE = """
import pathlib, sys
from spark_detector.class_archive import make_archive
from spark_detector.settings import DetectorSettings
make_archive(DetectorSettings(), pathlib.Path(sys.argv[1]))
"""
USE = """
import pathlib, sys
from spark_detector.session import start_session
from spark_detector.settings import DetectorSettings
spark = start_session(DetectorSettings(), pathlib.Path(sys.argv[1]))
pid = spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid()
print("rows", spark.range(3).count(), "maps", sys.argv[1] in pathlib.Path(f"/proc/{pid}/maps").read_text())
spark.stop()
"""


def test_without_an_archive_java_gets_no_flag(tmp_path: Path) -> None:
    assert jvm_flags(tmp_path / "absent.jsa") == ""


def test_with_an_archive_java_is_given_it_and_says_nothing_if_it_does_not_fit(tmp_path: Path) -> None:
    archive = tmp_path / "spark.jsa"
    archive.touch()

    flags = jvm_flags(archive).split()

    assert flags[0] == f"-XX:SharedArchiveFile={archive}"
    assert "-Xlog:cds*=off" in flags


@pytest.mark.nightly
@pytest.mark.timeout(300)
def test_a_jvm_maps_what_another_archived_and_starts_without_what_does_not_fit(tmp_path: Path) -> None:
    archive = tmp_path / "spark.jsa"

    run(MAKE, archive)
    fitting = run(USE, archive)
    (tmp_path / "other.jsa").touch()
    other = run(USE, tmp_path / "other.jsa")

    assert fitting.stdout == "rows 3 maps True\n"
    assert other.stdout == "rows 3 maps False\n"
    assert "cds" not in fitting.stderr + other.stderr


def run(code: str, archive: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, str(archive)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
