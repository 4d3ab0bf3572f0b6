"""Health, status and what the problems mean."""

import orjson
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from gateway.errors import PROBLEMS, UnknownAddressProblem
from gateway.service import Gateway
from gateway.web.openapi import openapi

JSON = "application/json"


class OperationRoutes:
    """Handlers that judge nothing."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._openapi = orjson.dumps(openapi())

    async def healthz(self, _: HttpRequest) -> Response:
        """Alive."""
        return Response(b'{"alive":true}', media_type=JSON)

    async def readyz(self, _: HttpRequest) -> Response:
        """200 once a model answers the canary, else 503; nothing that only callers may see."""
        status = self._gateway.status()
        answer = {"ready": status["ready"], "waiting_for": status["waiting_for"]}
        return Response(orjson.dumps(answer), 200 if status["ready"] else 503, media_type=JSON)

    async def status(self, request: HttpRequest) -> Response:
        """What it does, for operators."""
        self._gateway.callers.of(request.headers.get("authorization")).require("read", "admin")
        return Response(orjson.dumps(self._gateway.status()), media_type=JSON)

    async def description(self, _: HttpRequest) -> Response:
        """OpenAPI."""
        return Response(self._openapi, media_type=JSON)

    async def problem(self, request: HttpRequest) -> Response:
        """What a problem's type means."""
        for kind in PROBLEMS:
            if kind.name == request.path_params["name"]:
                meaning = {"type": f"/v1/problems/{kind.name}", "status": kind.status, "title": kind.title}
                return Response(orjson.dumps(meaning | {"detail": (kind.__doc__ or "").strip()}), media_type=JSON)
        raise UnknownAddressProblem("There is no such problem: /openapi.json lists them.")
