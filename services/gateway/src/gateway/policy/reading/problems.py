"""What is wrong with a policy: all of it, each with file and line, and never a value that may be an account number."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gateway.policy.reading.toml_lines import TomlLines, TomlPath
from vigie_schemas import is_account_number

MAX_SHOWN: Final = 60
HOLDS_NUMBER: Final = "holds a card number or an IBAN: write the pseudonym in its place"


@dataclass(slots=True)
class PolicyProblems:
    """Faults and warnings of the policy and its list files, in the order of files and lines."""

    name: str
    """The policy's file name."""
    lines: TomlLines = field(default_factory=TomlLines)
    _faults: list[tuple[int, int, str]] = field(default_factory=list)
    _warnings: list[tuple[int, int, str]] = field(default_factory=list)
    _files: list[str] = field(default_factory=list)

    def add(self, path: TomlPath, sentence: str) -> None:
        """A fault of the policy itself; `sentence` goes on after the key's name."""
        self._faults.append((0, self.lines.of(path) or 0, _joined(path, sentence)))

    def add_line(self, line: int, sentence: str) -> None:
        """A fault of a line of the policy as such; 0: of the whole file."""
        self._faults.append((0, line, sentence))

    def warn(self, path: TomlPath, sentence: str) -> None:
        """Something that is allowed and probably not meant."""
        self._warnings.append((0, self.lines.of(path) or 0, _joined(path, sentence)))

    def add_of_file(self, file: str, line: int, sentence: str) -> None:
        """A fault of a list file."""
        self._faults.append((self._number(file), line, sentence))

    def warn_of_file(self, file: str, line: int, sentence: str) -> None:
        """As `warn`, of a list file."""
        self._warnings.append((self._number(file), line, sentence))

    @property
    def faults(self) -> tuple[str, ...]:
        """`policy.toml:12: limits[0].per_day_eur must be a number above 0`."""
        return tuple(self._sentences(self._faults))

    @property
    def warnings(self) -> tuple[str, ...]:
        """In the same form."""
        return tuple(self._sentences(self._warnings))

    def _number(self, file: str) -> int:
        if file not in self._files:
            self._files.append(file)
        return self._files.index(file) + 1

    def _sentences(self, found: list[tuple[int, int, str]]) -> Iterator[str]:
        names = (self.name, *self._files)
        for number, line, sentence in dict.fromkeys(sorted(found, key=lambda each: each[:2])):
            yield f"{names[number]}{f':{line}' if line else ''}: {sentence}"


def shown(text: str) -> str:
    """A key as a person may read it in a message: shortened, and hidden where it may be an account number."""
    if is_account_number(text):
        return "…"
    return text if text.isprintable() and len(text) <= MAX_SHOWN else f"{ascii(text[:MAX_SHOWN])[1:-1]}…"


def path_text(path: TomlPath) -> str:
    """`limits[0].per_day_eur`."""
    names = [name for name in path if isinstance(name, str)]
    if is_account_number(".".join(names)):
        return "…"
    parts = (f"[{part}]" if isinstance(part, int) else f".{shown(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def _joined(path: TomlPath, sentence: str) -> str:
    return f"{path_text(path)} {sentence}" if path else sentence
