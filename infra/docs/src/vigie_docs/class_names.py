"""A class name stands for one thing: no two modules define public classes of the same name."""

import ast
from collections import defaultdict
from pathlib import Path

from vigie_docs.sources import packages


def problems(repository: Path) -> list[str]:
    """One sentence for each name that stands twice, with the files that define it."""
    places: dict[str, list[str]] = defaultdict(list)
    for package in packages(repository):
        for _, path in package.modules():
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(f"{path.relative_to(repository)}:{node.lineno}")
    return [
        f"class {name} stands in {' and in '.join(found)}: give each thing its own name"
        for name, found in sorted(places.items())
        if len(found) > 1
    ]
