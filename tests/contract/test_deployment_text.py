"""docs/deployment.md speaks of words, files, services and secrets that are there."""

import re
from pathlib import Path

from vigie_platforms.declared import read_yaml
from vigie_platforms.railway_files import NAMELESS, railway_graph

REPOSITORY = Path(__file__).parents[2]
TEXT = (REPOSITORY / "docs/deployment.md").read_text()


def section(title: str) -> str:
    return re.split(r"^#+ ", TEXT.partition(f"## {title}\n")[2], flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.strip().startswith("|")]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


def test_its_words_are_in_the_makefile() -> None:
    words = set(re.findall(r"^([a-z][a-z0-9-]*):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))

    used = set(re.findall(r"(?:`|\.\.\. )make ([a-z][a-z-]+)", TEXT))

    assert "deploy" in used
    assert used <= words


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)

    assert [link for link in links if not (REPOSITORY / "docs" / link).exists()] == []


def test_its_anchors_are_headings() -> None:
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)}

    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= headings


def test_the_cost_of_render_has_every_service_and_the_right_sum() -> None:
    blueprint = read_yaml(REPOSITORY / "render.yaml")
    costs = rows(section("Render"))[2:]
    named = {name for row in costs[:-1] for name in row[0].split(", ")}
    plans = {service["name"]: service["plan"] for service in blueprint["services"]}

    assert named == set(plans) | {database["name"] for database in blueprint["databases"]}
    assert all(plans.get(row[0]) in (None, row[2].partition(",")[0]) for row in costs)
    assert sum(float(row[3]) for row in costs[:-1]) == float(costs[-1][3].strip("*"))


def test_the_secrets_of_railway_are_those_that_people_set() -> None:
    graph = railway_graph(REPOSITORY, NAMELESS)
    expected = {
        node["name"]: {name for name, value in node["variables"].items() if value["type"] == "preserve"}
        for node in graph["resources"]
        if node["type"] == "service"
    }
    described = {row[0]: set(re.findall(r"`([A-Z_]{5,})`", row[1])) for row in rows(section("Railway"))[2:]}

    assert described == {name: secrets for name, secrets in expected.items() if secrets}


def test_the_secrets_of_environments_are_those_of_the_workflow() -> None:
    workflow = (REPOSITORY / ".github/workflows/deploy.yml").read_text()
    used = set(re.findall(r"(?:secrets|vars)\.([A-Z_]+)", workflow))

    assert used <= set(re.findall(r"`([A-Z_]+)`", section("Exactly what was tested")))


def test_the_numbers_of_services_are_right() -> None:
    blueprint = read_yaml(REPOSITORY / "render.yaml")
    kinds = [node["type"] for node in railway_graph(REPOSITORY, NAMELESS)["resources"]]
    text = " ".join(TEXT.split())

    assert (len(blueprint["services"]), len(blueprint["databases"])) == (10, 2)
    assert "ten services and two databases" in text
    assert [kinds.count(kind) for kind in ("service", "database", "volume")] == [9, 2, 6]
    assert "nine services, two databases and six volumes" in text
