"""What other systems send us: Grafana its own alerts, Slack what was clicked."""

import hashlib
from typing import Annotated, Literal

from flask import Response, jsonify, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from werkzeug.exceptions import Conflict

from alert_webhook.core.deliveries import SLACK
from alert_webhook.core.outbox.deliveries import enqueue
from alert_webhook.delivery.slack.actions import handle_action
from alert_webhook.web.api import ALLOWED, REFUSALS, answer
from alert_webhook.web.parts import parts
from alert_webhook.web.views import ErrorView, QueuedView

MAX_SHOWN = 10
MAX_TEXT_LENGTH = 500
Words = dict[str, str]

hooks = APIBlueprint(
    "hooks",
    __name__,
    abp_tags=[Tag(name="hooks", description="Called by other systems.")],
    abp_security=ALLOWED,
    abp_responses={**REFUSALS, 409: ErrorView},
)


class GrafanaAlert(BaseModel):
    """One alert of Grafana's, as far as it is passed on."""

    model_config = ConfigDict(extra="ignore")

    status: Literal["firing", "resolved"]
    labels: Words = {}
    annotations: Words = {}
    started_at: AwareDatetime = Field(alias="startsAt")
    fingerprint: str = ""
    rule_url: str = Field(default="", alias="generatorURL")
    panel_url: str = Field(default="", alias="panelURL")

    @property
    def shown(self) -> dict[str, object]:
        """What a person needs: what is wrong, since when, where to look and what to do."""
        texts = {
            "name": self.labels.get("alertname", "Alert"),
            "severity": self.labels.get("severity", ""),
            "summary": self.annotations.get("summary") or self.annotations.get("description", ""),
            "runbook_url": self.annotations.get("runbook_url", ""),
            "url": self.panel_url or self.rule_url,
        }
        cut: dict[str, object] = {name: text[:MAX_TEXT_LENGTH] for name, text in texts.items()}
        return cut | {"status": self.status, "started_at": self.started_at.isoformat()}


class GrafanaNotification(BaseModel):
    """What Grafana's webhook contact point sends."""

    model_config = ConfigDict(extra="ignore")

    status: Literal["firing", "resolved"]
    group_key: str = Field(alias="groupKey", min_length=1)
    alerts: Annotated[list[GrafanaAlert], Field(min_length=1)]
    title: str = ""

    @property
    def message_id(self) -> str:
        """The same for each repeat: this group, in this state, with these alerts since then."""
        current = [alert for alert in self.alerts if alert.status == self.status]
        marks = sorted(f"{alert.fingerprint} {alert.started_at.timestamp()}" for alert in current)
        text = "\n".join([self.group_key, self.status, *marks])
        return f"operations:{hashlib.sha256(text.encode()).hexdigest()[:32]}"

    @property
    def body(self) -> dict[str, object]:
        """What is kept for the message to people."""
        return {
            "status": self.status,
            "title": self.title[:MAX_TEXT_LENGTH],
            "alerts": [alert.shown for alert in self.alerts[:MAX_SHOWN]],
            "not_shown": max(0, len(self.alerts) - MAX_SHOWN),
        }


@hooks.post("/hooks/grafana", responses={200: QueuedView})
def grafana(body: GrafanaNotification) -> Response:
    """Pass Grafana's own alert on to the people in Slack; a repeat is absorbed."""
    if not parts().recipients.slack:
        raise Conflict("There is no Slack to send it to: set SLACK_WEBHOOK_URL, or SLACK_BOT_TOKEN and SLACK_CHANNEL.")
    with parts().database.writing() as connection:
        queued = enqueue(connection, SLACK, body.message_id, "operations", now_ms=parts().now_ms, body=body.body)
    return answer(QueuedView(queued=queued))


@hooks.post("/slack/actions", doc_ui=False)
def slack_actions() -> tuple[Response, int]:
    """A button in Slack was clicked: Slack signs the raw body, so it is read before anything parses it."""
    status, reply = handle_action(
        parts().database,
        parts().settings,
        parts().recipients,
        request.get_data(),
        dict(request.headers),
        parts().now_ms,
    )
    return jsonify(reply), status
