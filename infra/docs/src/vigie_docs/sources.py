"""The packages of the repository and their modules."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PARENTS = ("services", "shared", "infra")
"""Folders whose subfolders are packages."""
ALONE = ("backtest", "loadtests")
"""Packages at the root."""


@dataclass(frozen=True)
class Package:
    """A folder with a pyproject.toml and source."""

    path: Path
    folder: str
    """Relative to the repository: `services/trainer`."""

    @property
    def name(self) -> str:
        """The folder's own name: `trainer`."""
        return self.path.name

    def modules(self) -> Iterator[tuple[str, Path]]:
        """Dotted names and paths of its modules, in order."""
        root = self.path / "src"
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def packages(repository: Path) -> list[Package]:
    """Every package of the repository, services first."""
    folders = [folder for parent in PARENTS for folder in sorted((repository / parent).glob("*"))]
    folders += [repository / name for name in ALONE]
    return [
        Package(folder, str(folder.relative_to(repository)))
        for folder in folders
        if (folder / "pyproject.toml").exists() and (folder / "src").is_dir()
    ]
