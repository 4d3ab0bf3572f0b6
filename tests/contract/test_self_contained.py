"""A clone is enough: nothing in it points to a folder beside it, and its schemas need no network."""

import re
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
ONLY_PLACE = "shared/testing/src/vigie_testing/labelled.py"
"""Names the folder where labelled files may lie; tests pass, and say what they skipped, where it is missing."""
UPWARDS = re.compile(
    r"(?:\.\./)+shared(?:/[\w./-]*)?|[\"']shared[\"'] */ *[\"']\w+|[\"']shared/(?:data|reference|tools)\b"
)


def tracked() -> list[Path]:
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=REPOSITORY, text=True)
    return [REPOSITORY / name for name in listed.split("\0") if name]


def leads_out(file: Path, found: str) -> bool:
    """Whether a path, seen from its file or from the repository's root, is not of this repository."""
    path = "/".join(re.findall(r"[\w.-]+", found)).rstrip(".")
    seen_from = {file.parent, REPOSITORY}
    return not any(
        (folder / path).resolve().is_relative_to(REPOSITORY) and (folder / path).exists() for folder in seen_from
    )


def test_nothing_points_beside_the_repository() -> None:
    outside = {
        (str(file.relative_to(REPOSITORY)), found)
        for file in tracked()
        if file.is_file() and file != Path(__file__) and file.suffix not in {".parquet", ".png"}
        for found in UPWARDS.findall(file.read_text())
        if leads_out(file, found)
    }

    assert {name for name, _ in outside} == {ONLY_PLACE}, outside
