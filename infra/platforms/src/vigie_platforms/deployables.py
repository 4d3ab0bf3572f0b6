"""What is deployed: a folder under services/, and the files of the repository that go into its image."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

SERVICES = "services"
SHARED_INPUTS = ("shared/**", "pyproject.toml", "uv.lock", ".dockerignore")
"""In every image: what services share, and what says which packages are installed."""
IGNORED_INPUTS = ("**/*.md", "**/tests/**", "shared/testing/**")
"""In no image, or of no consequence in it."""


@dataclass(frozen=True, order=True)
class Deployable:
    """A folder under services/."""

    name: str

    @property
    def folder(self) -> str:
        """Where it is, from the repository's root."""
        return f"{SERVICES}/{self.name}"

    @property
    def dockerfile(self) -> str:
        """What its image is built by; the build's context is the repository's root."""
        return f"{self.folder}/Dockerfile"

    @property
    def inputs(self) -> tuple[str, ...]:
        """Patterns of the files that a build reads; each platform's filter has the same."""
        return (f"{self.folder}/**", *SHARED_INPUTS)

    def is_built_from(self, path: str) -> bool:
        """Whether a change of this file makes another image."""
        return any(_matches(path, pattern) for pattern in self.inputs) and not is_ignored(path)


def deployables(repository: Path) -> tuple[Deployable, ...]:
    """Every service of the repository, by name."""
    return tuple(sorted(Deployable(file.parent.name) for file in (repository / SERVICES).glob("*/pyproject.toml")))


def is_ignored(path: str) -> bool:
    """Whether the file is a text or for tests."""
    return path.endswith(".md") or "tests" in PurePosixPath(path).parent.parts or path.startswith("shared/testing/")


def _matches(path: str, pattern: str) -> bool:
    return path.startswith(pattern.removesuffix("**")) if pattern.endswith("/**") else path == pattern
