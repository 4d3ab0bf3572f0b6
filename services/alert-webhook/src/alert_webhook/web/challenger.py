"""How a challenger compares, and people's word on it, by HTTP."""

from typing import Final

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from werkzeug.exceptions import Conflict, Forbidden

from alert_webhook.core.challengers import queue_approval
from alert_webhook.web.access import visitor
from alert_webhook.web.api import ALLOWED, REFUSALS, answer
from alert_webhook.web.parameters import ApprovalBody
from alert_webhook.web.parts import parts
from alert_webhook.web.views import ChallengerView, ErrorView, QueuedView
from vigie_schemas import ShadowReport, is_account_number
from vigie_schemas.challenger import is_same_person

OPEN_STATES: Final = ("watching", "awaiting_approval")

challenger = APIBlueprint(
    "challenger",
    __name__,
    url_prefix="/api",
    abp_tags=[Tag(name="challenger", description="The model that may serve next.")],
    abp_security=ALLOWED,
    abp_responses=REFUSALS,
)


@challenger.get("/challenger", responses={200: ChallengerView})
def report() -> Response:
    """How the last challenger compares with the champion, or what became of it; null before the first."""
    return answer(ChallengerView(parts().hub.challenger))


@challenger.post("/challenger/approval", responses={200: QueuedView, 409: ErrorView})
def approve(body: ApprovalBody) -> Response:
    """Let the challenger serve, or end its challenge. The trainer carries it out; the report then says by whom."""
    known = parts().hub.challenger
    if known is None or known.challenger_version != body.challenger_version or known.state not in OPEN_STATES:
        raise Conflict(f"Version {body.challenger_version} is no challenger (any more). Look at /api/challenger.")
    if body.is_approved:
        _require_waiting(known)
    if is_account_number(body.why):
        raise Conflict("The reason holds a card number or an IBAN: it would stand in the registry. Leave it out.")
    with parts().database.writing() as connection:
        queue_approval(
            connection,
            body.challenger_version,
            visitor().person,
            is_approved=body.is_approved,
            why=body.why,
            now_ms=parts().now_ms,
        )
    return answer(QueuedView(queued=True))


def _require_waiting(known: ShadowReport) -> None:
    if known.state != "awaiting_approval":
        raise Conflict(f"Version {known.challenger_version} has not passed its gates yet. Look at /api/challenger.")
    if is_same_person(visitor().name, known.asked_by):
        raise Forbidden(f"{visitor().name} made version {known.challenger_version} challenger: another person decides.")
