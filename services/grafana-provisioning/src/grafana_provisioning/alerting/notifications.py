"""Where a firing rule is sent: always to alert-webhook, which shows it on the live page, and to Slack if configured."""

from typing import Final

from grafana_foundation_sdk.builders import alerting

ORGANISATION: Final = 1
RECEIVER: Final = "Vigie"
TITLE: Final = '{{ template "vigie.title" . }}'
TEXT: Final = '{{ template "vigie.text" . }}'
TEMPLATES: Final = """\
{{ define "vigie.title" -}}
[{{ .Status }}] {{ .CommonLabels.alertname }}
{{- end }}
{{ define "vigie.text" -}}
{{ range .Alerts }}{{ .Annotations.summary }}
{{ if eq .Status "firing" }}What to do: {{ .Annotations.runbook_url }}
{{ end }}{{ end }}
{{- end }}
"""


def contact_points(*, slack: bool) -> dict[str, object]:
    """The one contact point, with or without Slack: Grafana refuses to start on a Slack receiver without an address."""
    receivers = [_webhook(), *([_slack()] if slack else [])]
    return {
        "apiVersion": 1,
        "contactPoints": [
            {"orgId": ORGANISATION, "name": RECEIVER, "receivers": [_receiver(one) for one in receivers]}
        ],
        "templates": [{"orgId": ORGANISATION, "name": "vigie", "template": TEMPLATES}],
    }


def policies() -> dict[str, object]:
    """The whole policy tree: one message a rule; critical at once and again each hour, warnings twice a day."""
    tree = (
        alerting.NotificationPolicy()
        .receiver(RECEIVER)
        .group_by(["grafana_folder", "alertname"])
        .group_wait("30s")
        .group_interval("5m")
        .repeat_interval("12h")
        .routes([
            alerting.NotificationPolicy()
            .receiver(RECEIVER)
            .object_matchers([["severity", "=", "critical"]])
            .group_wait("0s")
            .group_interval("1m")
            .repeat_interval("1h")
        ])
    )  # fmt: skip
    return {"apiVersion": 1, "policies": [{"orgId": ORGANISATION, **tree.build().to_json()}]}


def _webhook() -> alerting.ContactPoint:
    return (
        alerting.ContactPoint()
        .uid("vigie-alert-webhook")
        .type("webhook")
        .settings({
            "url": "$VIGIE_ALERT_WEBHOOK_URL/hooks/grafana",
            "httpMethod": "POST",
            "authorization_scheme": "Bearer",
            "authorization_credentials": "$VIGIE_GRAFANA_TOKEN",
            "title": TITLE,
            "message": TEXT,
        })
    )  # fmt: skip


def _slack() -> alerting.ContactPoint:
    return (
        alerting.ContactPoint()
        .uid("vigie-slack")
        .type("slack")
        .settings({"url": "$SLACK_WEBHOOK_URL", "title": TITLE, "text": TEXT})
    )


def _receiver(point: alerting.ContactPoint) -> dict[str, object]:
    content = point.build().to_json()
    return {name: content[name] for name in ("uid", "type", "settings", "disableResolveMessage") if name in content}
