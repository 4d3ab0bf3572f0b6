"""Payments that a person tries: sent to the gateway as any caller sends them, by HTTP."""

import secrets
from typing import Final

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from werkzeug.exceptions import Conflict

from alert_webhook.core.alerts import AlertFilter
from alert_webhook.core.outbox.alerts import list_alerts
from alert_webhook.web.access import visitor
from alert_webhook.web.api import ALLOWED, REFUSALS, answer
from alert_webhook.web.gateway_client import GatewayClient
from alert_webhook.web.parameters import TriedPath, TryBody
from alert_webhook.web.parts import parts
from alert_webhook.web.try_views import GatewayVerdictView, LaterVerdictView, TryView
from alert_webhook.web.views import ErrorView
from vigie_runtime import get_logger
from vigie_schemas import is_canary
from vigie_schemas.account_numbers import in_letters

MAX_ACCOUNTS: Final = 20
ALERTS_LOOKED_AT: Final = 100
"""Enough for that many accounts, though an episode is several alerts of one."""

log = get_logger(__name__)
tries = APIBlueprint(
    "tries",
    __name__,
    url_prefix="/api",
    abp_tags=[Tag(name="try", description="Payments sent to the gateway by hand.")],
    abp_security=ALLOWED,
    abp_responses={**REFUSALS, 409: ErrorView, 502: ErrorView},
)


@tries.get("/try", responses={200: TryView})
def what_to_try() -> Response:
    """Whether there is a gateway, and accounts that one may want to try."""
    with parts().database.reading() as connection:
        latest = list_alerts(connection, AlertFilter(), ALERTS_LOOKED_AT)
    accounts = dict.fromkeys(stored.alert.account_id for stored in latest)
    known = [account for account in accounts if not is_canary(account)]
    return answer(TryView(configured=parts().gateway is not None, accounts=known[:MAX_ACCOUNTS]))


@tries.post("/try", responses={200: GatewayVerdictView})
def try_payment(body: TryBody) -> Response:
    """Send a payment to the gateway. It is judged like any other, and becomes part of its account's history."""
    payment = {name: value for name, value in body.model_dump().items() if value not in (None, "")}
    verdict = _gateway().judge({"transaction_id": f"try-{in_letters(secrets.token_hex(8))}", **payment})
    log.info("payment tried", person=visitor().name, verdict=verdict.verdict, basis=verdict.basis)
    return answer(verdict)


@tries.get("/try/<transaction_id>", responses={200: LaterVerdictView})
def later_verdict(path: TriedPath) -> Response:
    """The true verdict on a payment that was tried and answered by a fallback."""
    return answer(_gateway().later(path.transaction_id))


def _gateway() -> GatewayClient:
    gateway = parts().gateway
    if gateway is None:
        raise Conflict(
            "There is no gateway to ask: set VIGIE_GATEWAY_URL, and VIGIE_GATEWAY_TOKEN where it asks for one."
        )
    return gateway
