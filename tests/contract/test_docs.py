"""The pages of the documentation name only what exists, and all of it."""

import ast
import importlib
import os
import re
from contextlib import closing
from pathlib import Path

import pytest

from alert_webhook.core.outbox.database import open_database
from alert_webhook.core.recipients import recipients_of
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.app import create_app
from alert_webhook.web.live_page.hub import Hub
from alert_webhook.web.parts import WebParts
from alert_webhook.web.views import ReadinessView
from vigie_schemas import TOPICS, Topic
from vigie_schemas.topics import DAY_MS, FOREVER_MS

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "notebooks/*.md", "*/README.md", "*/*/README.md")
    for page in REPOSITORY.glob(pattern)
    if not page.relative_to(REPOSITORY).parts[0].startswith(".")
)
API = (REPOSITORY / "docs" / "api.md").read_text()
NOT_DESCRIBED = {"/events", "/slack/actions", "/hooks/mlflow"}  # a stream; Slack's own form; the detector's


def targets_of_make() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):", (REPOSITORY / "Makefile").read_text(), re.M))


def anchors(page: Path) -> set[str]:
    """What GitHub calls the page's headings in links."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_nowhere(page: Path, link: str) -> bool:
    path, _, heading = link.partition("#")
    target = page.parent / path if path else page
    return not target.exists() or bool(heading and heading not in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_make_target_and_link_exists(page: Path) -> None:
    text = page.read_text()

    targets = set(re.findall(r"(?:`|^ {4}|^)(?:[A-Z_]+=\S+ )*make ([a-z][a-z0-9-]+)", text, re.M))
    links = [link for link in re.findall(r"\]\(([^) ]+)\)", text) if "://" not in link]

    assert targets <= targets_of_make()
    assert [link for link in links if leads_nowhere(page, link)] == []


SNAPSHOTS = os.path.relpath(REPOSITORY / "shared/schemas/snapshots", REPOSITORY / "docs")
KEYS = {
    "account_id": "account",
    "transaction_id": "transaction",
    "reason": "reason",
    "at_ms": "time",
    "key": "list and value",
    "counterparty_id": "counterparty",
    "challenger_version": "challenger",
}
BESIDE_OURS = {"transactions": "you, or the ", "transactions.labels": "you, ", "policy.lists": "you, or the "}
"""Topics that others write too."""


def kept(topic: Topic) -> str:
    days = topic.retention_ms // DAY_MS
    span = f"{days} day{'s' if days > 1 else ''}"
    if not topic.is_compacted:
        return span
    return "the last of each key" if topic.retention_ms == FOREVER_MS else f"the last of each key, {span}"


def test_the_table_of_topics_is_that_of_the_contracts() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in API.splitlines() if line.startswith("| `")
    ]

    assert [row for row in rows if len(row) == 6] == [
        [
            f"`{topic.name}`",
            KEYS[topic.key],
            f"[{topic.record.__name__}]({SNAPSHOTS}/{topic.record.__name__}.v1.schema.json)",
            kept(topic),
            BESIDE_OURS.get(topic.name, "") + ", ".join(topic.producers),
            ", ".join(topic.consumers),
        ]
        for topic in TOPICS
    ]


def test_every_call_is_described(tmp_path: Path) -> None:
    settings = AlertWebhookSettings(data_dir=tmp_path)
    ready = ReadinessView(ready=True, kafka_reachable=True, outbox_reachable=True, intake_lag=0, ended_threads=[])
    with closing(open_database(None, tmp_path)) as database:
        parts = WebParts(settings, database, Hub(), recipients_of(settings), lambda: ready, "k" * 32)
        description = create_app(parts).test_client().get("/openapi.json").json
    assert description is not None

    described = {path.split("?")[0] for path in re.findall(r"`(?:GET|POST|DELETE) (/[^`]*)`", API)}

    assert set(description["paths"]) - described == set()
    assert described - set(description["paths"]) <= NOT_DESCRIBED


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", API, re.S))
def test_python_on_the_page_names_what_there_is(block: str) -> None:
    tree = ast.parse(block)

    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            module = importlib.import_module(node.module)
            kinds = {alias.name: getattr(module, alias.name) for alias in node.names}
            called = re.findall(rf"\b({'|'.join(kinds)})\(.*?\)\.(\w+)\(", block)
            assert called
            assert [(name, method) for name, method in called if not hasattr(kinds[name], method)] == []
