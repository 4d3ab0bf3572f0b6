"""Platform files against the platforms' own schemas, where a copy of these is beside the repository."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from jsonschema.validators import validator_for

from vigie_platforms.declared import read_yaml

REPOSITORY = Path(__file__).parents[2]
SCHEMAS = REPOSITORY.parent / "shared/reference/schemas"
BLUEPRINTS = ["render.yaml", "infra/render/by-digest.yaml", "infra/render/free.yaml"]
RAILWAY_FILES = sorted(str(file.relative_to(REPOSITORY)) for file in REPOSITORY.glob("services/*/railway.json"))


def validate(schema_name: str, content: Any) -> None:
    file = SCHEMAS / schema_name
    if not file.exists():
        pytest.skip(f"no {file}: `make lint-platforms LINT_ONLINE=1` checks against the published one")
    schema = json.loads(file.read_text())
    validator_for(schema)(schema).validate(content)


@pytest.mark.parametrize("path", BLUEPRINTS)
def test_blueprints_are_valid(path: str) -> None:
    validate("render.yaml.schema.json", read_yaml(REPOSITORY / path))


@pytest.mark.parametrize("path", RAILWAY_FILES)
def test_railway_files_are_valid(path: str) -> None:
    validate("railway.schema.json", json.loads((REPOSITORY / path).read_text()))


def misspell_a_key(blueprint: dict[str, Any]) -> None:
    blueprint["services"][0]["dockerfilepath"] = "./Dockerfile"


def choose_an_unknown_plan(blueprint: dict[str, Any]) -> None:
    blueprint["services"][0]["plan"] = "gigantic"


def leave_off_unquoted(blueprint: dict[str, Any]) -> None:
    blueprint["previews"]["generation"] = False  # what YAML makes of a bare off


@pytest.mark.parametrize("spoil", [misspell_a_key, choose_an_unknown_plan, leave_off_unquoted])
def test_mistakes_are_found(spoil: Callable[[dict[str, Any]], None]) -> None:
    blueprint = read_yaml(REPOSITORY / "render.yaml")
    spoil(blueprint)

    with pytest.raises(jsonschema.ValidationError):
        validate("render.yaml.schema.json", blueprint)
