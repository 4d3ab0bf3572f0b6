"""Platform files against the schemas of what Vigie uses of them (infra/linters/schemas)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from jsonschema.validators import validator_for

from vigie_platforms.declared import read_yaml

REPOSITORY = Path(__file__).parents[2]
SCHEMAS = REPOSITORY / "infra" / "linters" / "schemas"
BLUEPRINTS = ["render.yaml", "infra/render/by-digest.yaml", "infra/render/free.yaml"]
RAILWAY_FILES = [
    "railway.json",
    *sorted(str(file.relative_to(REPOSITORY)) for file in REPOSITORY.glob("services/*/railway.json")),
]


def validate(schema_name: str, content: Any) -> None:
    schema = json.loads((SCHEMAS / schema_name).read_text())
    validator_for(schema)(schema).validate(content)


@pytest.mark.parametrize("path", BLUEPRINTS)
def test_blueprints_are_valid(path: str) -> None:
    validate("render.json", read_yaml(REPOSITORY / path))


@pytest.mark.parametrize("path", RAILWAY_FILES)
def test_railway_files_are_valid(path: str) -> None:
    validate("railway.json", json.loads((REPOSITORY / path).read_text()))


def misspell_a_key(blueprint: dict[str, Any]) -> None:
    blueprint["services"][0]["dockerfilepath"] = "./Dockerfile"


def choose_an_unknown_plan(blueprint: dict[str, Any]) -> None:
    blueprint["services"][0]["plan"] = "gigantic"


def leave_off_unquoted(blueprint: dict[str, Any]) -> None:
    blueprint["previews"]["generation"] = False  # what YAML makes of a bare off


def ask_for_a_free_private_service(blueprint: dict[str, Any]) -> None:
    private = next(service for service in blueprint["services"] if service["type"] == "pserv")
    private["plan"] = "free"


def build_without_a_dockerfile(blueprint: dict[str, Any]) -> None:
    built = next(service for service in blueprint["services"] if service["runtime"] == "docker")
    del built["dockerfilePath"]


def give_a_variable_two_values(blueprint: dict[str, Any]) -> None:
    variable = next(entry for entry in blueprint["services"][0]["envVars"] if "value" in entry)
    variable["generateValue"] = True


@pytest.mark.parametrize(
    "spoil",
    [
        misspell_a_key,
        choose_an_unknown_plan,
        leave_off_unquoted,
        ask_for_a_free_private_service,
        build_without_a_dockerfile,
        give_a_variable_two_values,
    ],
)
def test_mistakes_are_found(spoil: Callable[[dict[str, Any]], None]) -> None:
    blueprint = read_yaml(REPOSITORY / "render.yaml")
    spoil(blueprint)

    with pytest.raises(jsonschema.ValidationError):
        validate("render.json", blueprint)
