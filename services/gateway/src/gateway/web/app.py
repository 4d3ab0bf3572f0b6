"""The application: addresses, and every refusal as a problem by RFC 9457."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from gateway.errors import (
    MalformedRequestProblem,
    Problem,
    UnexpectedProblem,
    UnknownAddressProblem,
    WrongMethodProblem,
)
from gateway.service import Gateway
from gateway.web.operations import OperationRoutes
from gateway.web.transactions import TransactionRoutes
from gateway.web.verdict_stream import VerdictStreamRoute
from vigie_runtime import get_logger

PROBLEM_JSON: Final = "application/problem+json"

log = get_logger(__name__)


def create_app(gateway: Gateway) -> Starlette:
    """The gateway's addresses; the gateway starts and stops with the application."""
    transactions, stream, operations = TransactionRoutes(gateway), VerdictStreamRoute(gateway), OperationRoutes(gateway)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await gateway.start()
        try:
            yield
        finally:
            await gateway.stop()

    return Starlette(
        routes=[
            Route("/v1/transactions", transactions.send, methods=["POST"]),
            Route("/v1/transactions:batch", transactions.send_batch, methods=["POST"]),
            Route("/v1/transactions/{transaction_id}", transactions.verdict, methods=["GET"]),
            Route("/v1/verdicts/stream", stream.stream, methods=["GET"]),
            Route("/v1/problems/{name}", operations.problem, methods=["GET"]),
            Route("/healthz", operations.healthz, methods=["GET"]),
            Route("/readyz", operations.readyz, methods=["GET"]),
            Route("/status", operations.status, methods=["GET"]),
            Route("/openapi.json", operations.description, methods=["GET"]),
        ],
        lifespan=lifespan,
        exception_handlers={Problem: _refuse, HTTPException: _refuse_by_http, Exception: _refuse_by_mistake},
    )


def _answer(problem: Problem, allow: str | None = None) -> Response:
    headers: dict[str, str] = {}
    if problem.retry_after_seconds is not None:
        headers["Retry-After"] = str(problem.retry_after_seconds)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if allow is not None:
        headers["Allow"] = allow
    return Response(problem.body(), problem.status, headers, PROBLEM_JSON)


async def _refuse(_: HttpRequest, error: Exception) -> Response:
    return _answer(error if isinstance(error, Problem) else UnexpectedProblem(str(error)))


async def _refuse_by_http(_: HttpRequest, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = (error.headers if isinstance(error, HTTPException) else None) or {}
    if status == 404:
        return _answer(UnknownAddressProblem("There is nothing at this address: /openapi.json lists what there is."))
    if status == 405:
        problem = WrongMethodProblem("This address does not take that method: /openapi.json lists those it takes.")
        return _answer(problem, headers.get("Allow"))
    return _answer(MalformedRequestProblem("The request cannot be read: /openapi.json says what is expected."))


async def _refuse_by_mistake(_: HttpRequest, error: Exception) -> Response:
    log.error("request failed", exc_info=error)
    return _answer(UnexpectedProblem("This is an error of the gateway, not of your request: its log says what."))
