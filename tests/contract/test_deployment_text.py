"""The tables and numbers of docs/deployment.md are those of render.yaml, Railway's graph and the workflows."""

import json
import re
from pathlib import Path
from typing import Any

from vigie_platforms.declared import read_yaml
from vigie_platforms.railway_files import NAMELESS, railway_graph

REPOSITORY = Path(__file__).parents[2]
TEXT = (REPOSITORY / "docs/deployment.md").read_text()


def section(title: str) -> str:
    return re.split(r"^#+ ", TEXT.partition(f"## {title}\n")[2], flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.strip().startswith("|")]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


def test_the_cost_of_render_is_that_of_its_blueprint() -> None:
    """The whole table, made from render.yaml and Render's price of each plan."""
    blueprint = read_yaml(REPOSITORY / "render.yaml")
    priced = [(row_of(service), cost_of(service)) for service in blueprint["services"]]
    databases = blueprint["databases"]
    (plan,) = {database["plan"] for database in databases}
    together = ", ".join(database["name"] for database in databases)
    priced.append(([together, "PostgreSQL", f"{plan} each"], len(databases) * PRICES[plan]))
    total = sum(price for _, price in priced)

    assert rows(section("Render"))[2:] == [
        *([*cells, dollars(price)] for cells, price in priced),
        ["**together**", "", "", f"**{dollars(total)}**"],
    ]


PRICES = {"starter": 7.0, "standard": 25.0, "basic-256mb": 6.0, "cron": 1.0}
"""Dollars a month as the page says that Render asks for them; a cron job pays by the minute, at least one dollar."""
DISK_PRICE = 0.25
"""Dollars a month and gigabyte."""
KINDS = {"pserv": "private", "web": "web", "worker": "worker", "cron": "cron"}
MEMORY = {"starter": "512 MB", "standard": "2 GB"}


def row_of(service: dict[str, Any]) -> list[str]:
    kind, plan = KINDS[service["type"]], service["plan"]
    disk = f", {service['disk']['sizeGB']} GB disk" if "disk" in service else ""
    return [service["name"], f"{kind}{disk}", f"{plan}, {MEMORY[plan]}"]


def cost_of(service: dict[str, Any]) -> float:
    price = PRICES["cron" if service["type"] == "cron" else service["plan"]]
    return price + DISK_PRICE * service.get("disk", {}).get("sizeGB", 0)


def dollars(amount: float) -> str:
    return f"{amount:g}" if amount == int(amount) else f"{amount:.2f}"


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
    """Each platform's job of deploy.yml with what it takes, and the variables that switch a platform on."""
    jobs = read_yaml(REPOSITORY / ".github/workflows/deploy.yml")["jobs"]
    expected = {
        f"`{job['environment']}`": (used(job, "secrets"), used(job["steps"], "vars"))
        for job in jobs.values()
        if "environment" in job
    }
    text = section("Exactly what was tested")
    described = {row[0]: (named(row[1]), named(row[2])) for row in rows(text)[2:]}
    (switches,) = re.findall(r"Settings, Variables\*: (.+) = `true`", text)

    assert described == expected
    assert named(switches) == used([job.get("if") for job in jobs.values()], "vars")


def used(part: object, kind: str) -> set[str]:
    return set(re.findall(rf"\b{kind}\.([A-Z_]+)", json.dumps(part)))


def named(text: str) -> set[str]:
    return set(re.findall(r"`([A-Z_]+)`", text))


NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def test_the_numbers_of_services_are_right() -> None:
    blueprint = read_yaml(REPOSITORY / "render.yaml")
    kinds = [node["type"] for node in railway_graph(REPOSITORY, NAMELESS)["resources"]]
    on_render = [NUMBERS[len(blueprint[kind])] for kind in ("services", "databases")]
    on_railway = [NUMBERS[kinds.count(kind)] for kind in ("service", "database", "volume")]
    pattern = r"(\w+) services(?:,| and) (\w+) databases(?: and (\w+) volumes)?"

    counted = re.findall(pattern, " ".join(TEXT.split()))

    assert counted == [(*on_render, ""), tuple(on_railway)]
