"""Names of columns: each names one column, or none."""

from collections import Counter
from collections.abc import Sequence

from vigie_intake.source import Finding


def distinct(names: Sequence[str]) -> tuple[list[str], list[Finding]]:
    """The same names, each once: those that are there more than once become `name#1`, `name#2`.

    So a mapping that says only `name` is refused with the choice, and none of the columns wins without a word.
    """
    counts = Counter(names)
    taken = {name for name, count in counts.items() if count == 1}
    seen: Counter[str] = Counter()
    result: list[str] = []
    for name in names:
        unique = name
        while counts[name] > 1 and (unique == name or unique in taken):
            seen[name] += 1
            unique = f"{name}#{seen[name]}"
        taken.add(unique)
        result.append(unique)
    repeated = [name for name, count in counts.items() if count > 1]
    return result, [
        _finding(name, [one for one, old in zip(result, names, strict=True) if old == name]) for name in repeated
    ]


def _finding(name: str, unique: Sequence[str]) -> Finding:
    reason = f"the column {name} is there {len(unique)} times; the mapping says which is meant"
    return Finding("columns", ", ".join(unique), reason)
