"""The committed files are what the code makes, and say what the parts of Vigie agree on."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from grafana_provisioning.__main__ import PROVISIONING, RUNBOOK
from grafana_provisioning.alerting.rules import RULES
from grafana_provisioning.dashboards.assembly import ACCOUNT
from grafana_provisioning.dashboards.runbook import sections
from grafana_provisioning.evaluation.targets import rules
from grafana_provisioning.provisioning import differences, provisioning_files, write

BOARDS: list[dict[str, Any]] = [
    json.loads(path.read_text()) for path in sorted(PROVISIONING.glob("dashboards/json/*.json"))
]
PANELS = [(f"{board['uid']} / {panel['title']}", panel) for board in BOARDS for panel in board["panels"]]


def every_panel(function):
    return pytest.mark.parametrize("panel", [panel for _, panel in PANELS], ids=[name for name, _ in PANELS])(function)


def test_the_committed_files_are_what_the_code_generates() -> None:
    assert differences(provisioning_files(RUNBOOK.read_text()), PROVISIONING) == []


def test_writing_leaves_nothing_over(tmp_path: Path) -> None:
    files = {"alerting/a.json": "{}\n"}
    (tmp_path / "dashboards").mkdir()
    (tmp_path / "dashboards" / "old.json").write_text("{}")
    before = differences(files, tmp_path)

    write(files, tmp_path)

    assert before == ["alerting/a.json is missing.", "dashboards/old.json is not generated."]
    assert differences(files, tmp_path) == []


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    write({"a.json": "{}\n"}, tmp_path)
    (tmp_path / "a.json").write_text('{"title": "changed by hand"}\n')

    assert differences({"a.json": "{}\n"}, tmp_path) == ["a.json differs from what the code generates."]


@every_panel
def test_every_panel_says_what_to_do(panel: dict[str, Any]) -> None:
    text = panel["options"]["content"] if panel["type"] == "text" else panel["description"]

    assert len(text) > 20
    assert text.strip().endswith((".", ":", "`")), text


def test_panels_of_a_dashboard_have_names_of_their_own() -> None:
    for board in BOARDS:
        titles = [panel["title"] for panel in board["panels"]]
        assert len(set(titles)) == len(titles), board["uid"]
        assert [panel["id"] for panel in board["panels"]] == list(range(1, len(titles) + 1))


def test_no_panel_covers_another() -> None:
    for board in BOARDS:
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert max(x for x, _ in cells) < 24, panel["title"]
            assert not cells & taken, panel["title"]
            taken |= cells


def test_dashboards_lead_to_each_other_and_to_the_live_page() -> None:
    for board in BOARDS:
        siblings, page = board["links"]
        assert siblings["tags"] == board["tags"] == ["vigie"]
        assert page["url"] == "http://127.0.0.1:8000"


def test_a_link_can_name_the_account() -> None:
    board = next(board for board in BOARDS if board["uid"] == ACCOUNT)

    (variable,) = board["templating"]["list"]

    assert (variable["name"], variable["type"]) == ("account", "textbox")


def test_each_rule_has_its_section_of_the_runbook_and_each_section_its_rule() -> None:
    assert set(sections(RUNBOOK.read_text())) == {rule.title for rule in RULES}


def test_a_section_says_what_it_means_what_to_look_at_and_what_to_do() -> None:
    for title, text in sections(RUNBOOK.read_text()).items():
        for part in ("**It means**", "**Look at**", "**Do**"):
            assert part in text, f"{title}: {part}"


def test_a_rule_leads_to_its_section_and_its_panel() -> None:
    by_uid = {board["uid"]: {panel["id"]: panel["title"] for panel in board["panels"]} for board in BOARDS}
    for uid, rule in rules(PROVISIONING).items():
        section = int(rule["annotations"]["runbook_url"].rpartition("=")[2])
        panel = by_uid[rule["dashboardUid"]][rule["panelId"]]
        expected = next(one for one in RULES if one.uid == uid)
        assert by_uid["vigie-runbook"][section] == rule["title"] == expected.title
        assert panel == expected.panel
        assert rule["annotations"]["__panelId__"] == str(rule["panelId"])


def test_rules_have_short_names_of_their_own() -> None:
    uids = [rule.uid for rule in RULES]

    assert len(set(uids)) == len(uids)
    assert all(len(uid) <= 40 for uid in uids)  # Grafana's bound


def test_labels_hold_nothing_grafana_would_take_for_a_variable() -> None:
    for rule in rules(PROVISIONING).values():
        assert "$" not in "".join([rule["title"], rule["uid"], *rule["labels"], *rule["labels"].values()])


def test_no_secret_is_written_down() -> None:
    source = yaml.safe_load((PROVISIONING / "datasources" / "vigie.yaml").read_text())["datasources"][0]
    with_slack = json.loads((PROVISIONING / "alerting" / "contact-points-with-slack.json").read_text())
    webhook, slack = (receiver["settings"] for receiver in with_slack["contactPoints"][0]["receivers"])

    assert source["secureJsonData"] == {"token": "$INFLUXDB_TOKEN"}
    assert webhook["authorization_credentials"] == "$VIGIE_GRAFANA_TOKEN"
    assert webhook["url"] == "$VIGIE_ALERT_WEBHOOK_URL/hooks/grafana"
    assert slack["url"] == "$SLACK_WEBHOOK_URL"


def test_without_slack_there_is_no_slack_receiver() -> None:
    without = json.loads((PROVISIONING / "alerting" / "contact-points.json").read_text())

    assert [receiver["type"] for receiver in without["contactPoints"][0]["receivers"]] == ["webhook"]


def test_every_route_leads_to_a_contact_point_that_is_there() -> None:
    points = json.loads((PROVISIONING / "alerting" / "contact-points.json").read_text())["contactPoints"]
    (tree,) = json.loads((PROVISIONING / "alerting" / "policies.json").read_text())["policies"]

    receivers = {tree["receiver"], *(route["receiver"] for route in tree["routes"])}

    assert receivers == {point["name"] for point in points}
