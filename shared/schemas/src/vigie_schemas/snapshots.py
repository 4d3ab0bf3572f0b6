"""Snapshots of each contract's JSON Schema, and which changes to them would break readers or writers."""

import json
from pathlib import Path
from typing import Final

from vigie_schemas.calibration import Calibration
from vigie_schemas.record import Record
from vigie_schemas.thresholds import Thresholds
from vigie_schemas.topics import TOPICS

CONTRACTS: Final[tuple[type[Record], ...]] = (*(topic.record for topic in TOPICS), Calibration, Thresholds)

JsonSchema = dict[str, object]


def current_schemas() -> dict[str, JsonSchema]:
    """JSON Schema of every contract, by file name."""
    return {f"{record.__name__}.v1.schema.json": record.model_json_schema() for record in CONTRACTS}


def write_snapshots(folder: Path) -> None:
    """Write one file a contract."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in current_schemas().items():
        (folder / name).write_text(json.dumps(schema, indent=2, sort_keys=True) + "\n")


def differences(folder: Path) -> list[str]:
    """One sentence for each contract that is not as its snapshot, naming what would break."""
    found: list[str] = []
    for name, schema in current_schemas().items():
        path = folder / name
        if not path.exists():
            found.append(f"{name} has no snapshot: run `make schemas`.")
            continue
        snapshot = json.loads(path.read_text())
        if snapshot != json.loads(json.dumps(schema)):
            breaking = breaking_changes(snapshot, schema)
            advice = (
                f"this breaks readers or writers: {'; '.join(breaking)}. Make a version 2 beside it"
                if breaking
                else "compatible: run `make schemas`"
            )
            found.append(f"{name} differs from its snapshot, {advice}.")
    return found


def breaking_changes(old: JsonSchema, new: JsonSchema) -> list[str]:
    """Changes after which a record written before is refused, or one written now is missing something."""
    before, after = _properties(old), _properties(new)
    removed = [f"{name} is gone" for name in before if name not in after]
    changed = [f"{name} is of another kind" for name in before if name in after and before[name] != after[name]]
    demanded = [f"{name} is newly required" for name in sorted(_required(new) - _required(old))]
    return removed + changed + demanded


def _properties(schema: JsonSchema) -> dict[str, object]:
    """Each property without its texts, parts of the schema (`$defs`) included."""
    found: dict[str, object] = {}
    definitions = schema.get("$defs")
    parts = {"": schema, **(definitions if isinstance(definitions, dict) else {})}
    for part, content in parts.items():
        properties = content.get("properties") or {"": content}
        for name, kind in properties.items():
            found[f"{part}.{name}" if part else name] = _without_texts(kind)
    return found


def _required(schema: JsonSchema) -> set[str]:
    required = schema.get("required")
    return {str(name) for name in required} if isinstance(required, list) else set()


def _without_texts(kind: object) -> object:
    if isinstance(kind, dict):
        return {key: _without_texts(value) for key, value in kind.items() if key not in ("description", "title")}
    return kind
