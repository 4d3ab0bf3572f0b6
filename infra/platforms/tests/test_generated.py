import json
import shutil
from pathlib import Path

import pytest
import yaml

from vigie_platforms.generated import stale, write
from vigie_platforms.railway_files import railway_graph
from vigie_platforms.render_blueprints import BY_DIGEST
from vigie_runtime import InputError

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What files are written from, and the files."""
    for path in ("render.yaml", ".railway", "infra/render", "railway.json", "pyproject.toml"):
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        source = REPOSITORY / path
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    for pattern in ("*/*/railway.json", "*/*/Dockerfile", "*/Dockerfile", "*/*/pyproject.toml", "*/pyproject.toml"):
        for file in REPOSITORY.glob(pattern):
            target = tmp_path / file.relative_to(REPOSITORY)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    return tmp_path


def test_what_was_written_is_as_it_should_be(copy: Path) -> None:
    assert stale(copy) == []


def test_a_changed_description_makes_files_stale(copy: Path) -> None:
    description = copy / ".railway/railway.py"
    description.write_text(description.read_text().replace("healthcheckTimeout=600", "healthcheckTimeout=601"))

    assert "services/trainer/railway.json" in stale(copy)


def test_the_root_deploys_the_page(copy: Path) -> None:
    at_the_root = json.loads((copy / "railway.json").read_text())

    assert at_the_root == json.loads((copy / "services/alert-webhook/railway.json").read_text())
    assert at_the_root["build"]["dockerfilePath"] == "services/alert-webhook/Dockerfile"
    assert at_the_root["deploy"]["healthcheckPath"] == "/healthz"


def test_the_root_goes_with_the_description(copy: Path) -> None:
    (copy / "railway.json").unlink()

    assert stale(copy) == ["railway.json"]


def test_a_changed_image_makes_its_dockerfile_stale(copy: Path) -> None:
    image = copy / "services/alert-webhook/pyproject.toml"
    image.write_text(image.read_text().replace("port = 8000", "port = 8001"))

    assert stale(copy) == ["services/alert-webhook/Dockerfile"]


def test_a_dockerfile_changed_by_hand_is_found(copy: Path) -> None:
    dockerfile = copy / "services/trainer/Dockerfile"
    dockerfile.write_text(dockerfile.read_text() + "RUN true\n")

    assert stale(copy) == ["services/trainer/Dockerfile"]


def test_a_changed_blueprint_makes_the_other_stale(copy: Path) -> None:
    blueprint = copy / "render.yaml"
    blueprint.write_text(blueprint.read_text().replace("sizeGB: 10", "sizeGB: 20"))

    assert stale(copy) == [str(BY_DIGEST)]


def test_a_left_over_file_is_told(copy: Path) -> None:
    left_over = copy / "services/forgotten/railway.json"
    left_over.parent.mkdir()
    left_over.write_text("{}")

    assert stale(copy) == ["services/forgotten/railway.json"]


def test_a_forks_name_is_kept(copy: Path) -> None:
    write(copy, "ghcr.io/bank/lookout")

    write(copy)

    services = yaml.safe_load((copy / BY_DIGEST).read_text())["services"]
    images = {service["name"]: service["image"]["url"] for service in services}
    assert images["trainer-thresholds"] == "ghcr.io/bank/lookout/trainer:main"
    assert images["kafka"].startswith("docker.io/apache/kafka:")
    assert stale(copy) == []


def test_the_blueprint_by_digest_builds_nothing(copy: Path) -> None:
    services = yaml.safe_load((copy / BY_DIGEST).read_text())["services"]

    assert {service["runtime"] for service in services} == {"image"}
    assert not any({"dockerfilePath", "buildFilter", "autoDeployTrigger"} & set(service) for service in services)


def test_images_by_digest_replace_what_railway_builds(tmp_path: Path) -> None:
    image = f"ghcr.io/bank/vigie/trainer@sha256:{'a' * 64}"
    images = tmp_path / "images.json"
    images.write_text(f'{{"trainer": "{image}"}}')

    graph = railway_graph(REPOSITORY, {"VIGIE_REPOSITORY": "bank/vigie", "VIGIE_RAILWAY_IMAGES": str(images)})

    sources = {node["name"]: node["source"] for node in graph["resources"] if node["type"] == "service"}
    assert sources["trainer"] == {"type": "image", "image": image}
    assert sources["spark-detector"] == {"type": "github", "repo": "bank/vigie", "branch": "main", "checkSuites": True}


def test_a_description_that_cannot_be_evaluated_is_told(copy: Path) -> None:
    (copy / ".railway/railway.py").write_text("import no_such_module")

    with pytest.raises(InputError, match="no_such_module"):
        stale(copy)
