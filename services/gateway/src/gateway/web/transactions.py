"""Payments in, verdicts out: one at a time, many at once, and afterwards by id."""

import asyncio
import re
from collections.abc import Awaitable
from typing import Any, Final

import orjson
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from gateway.calls.request import Request
from gateway.errors import (
    BodyTooLargeProblem,
    BusyProblem,
    MalformedRequestProblem,
    Problem,
    UnknownTransactionProblem,
)
from gateway.policy.callers import CallerPolicy
from gateway.service import Gateway
from gateway.tracing import TRACE_HEADER, CallTrace
from gateway.web.requests import MAX_BATCH, REQUEST_ID_HEADER, body_of, deadline_of, request_id_of, started_now
from vigie_schemas.record import IDENTIFIER_PATTERN

BATCH_AT_ONCE: Final = 50
"""Payments of one batch that wait for their verdict together: a batch leaves room for other callers."""
JSON: Final = "application/json"
_IDENTIFIER: Final = re.compile(IDENTIFIER_PATTERN)


class TransactionRoutes:
    """Handlers of /v1/transactions."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._most_bytes = gateway.settings.gateway_body_kib * 1024

    async def send(self, request: HttpRequest) -> Response:
        """POST /v1/transactions."""
        started, request_id = started_now(), request_id_of(request)
        caller = self._gateway.callers.of(request.headers.get("authorization"))
        caller.require("send")
        deadline_ms = deadline_of(request)
        self._count(caller.name, 1)
        body = await body_of(request, self._most_bytes)
        self._require_open()
        payments, traces = self._gateway.payments, self._gateway.traces
        payment = payments.payment(payments.document(body))
        trace = traces.begin(request.headers.get(TRACE_HEADER)) if traces else None
        call = Request(caller.name, request_id, started, deadline_ms, trace)
        answer = await self._traced(self._gateway.calls.judge(payment, call), trace)
        return Response(answer, media_type=JSON, headers={REQUEST_ID_HEADER: request_id})

    async def send_batch(self, request: HttpRequest) -> Response:
        """POST /v1/transactions:batch: each with its own answer or problem, in their order."""
        started, request_id = started_now(), request_id_of(request)
        caller = self._gateway.callers.of(request.headers.get("authorization"))
        caller.require("send")
        call = Request(caller.name, request_id, started, deadline_of(request))
        found = self._gateway.payments.document(await body_of(request, self._most_bytes))
        batch = found.get("transactions")
        if not isinstance(batch, list) or not batch:
            raise MalformedRequestProblem('Send {"transactions": [...]} with at least one transaction.')
        if len(batch) > MAX_BATCH:
            raise BodyTooLargeProblem(f"A batch may have {MAX_BATCH:,} transactions, this one has {len(batch):,}.")
        self._count(caller.name, len(batch))
        self._require_open()
        room = asyncio.Semaphore(BATCH_AT_ONCE)
        answers = await asyncio.gather(*(self._answer(fields, call, room) for fields in batch))
        return Response(
            b'{"answers":[' + b",".join(answers) + b"]}", media_type=JSON, headers={REQUEST_ID_HEADER: request_id}
        )

    async def verdict(self, request: HttpRequest) -> Response:
        """GET /v1/transactions/{id}."""
        caller = self._gateway.callers.of(request.headers.get("authorization"))
        caller.require("send", "read")
        transaction_id = request.path_params["transaction_id"]
        if not _IDENTIFIER.fullmatch(transaction_id):
            raise UnknownTransactionProblem("No transaction has an id of this form.")
        self._require_open()
        found = await self._gateway.calls.verdict_of(transaction_id)
        if found is not None:
            return Response(orjson.dumps(found), media_type=JSON)
        if self._gateway.calls.is_known(transaction_id):
            pending = {"transaction_id": transaction_id, "detail": "It waits for its verdict: ask again in a moment."}
            return Response(orjson.dumps(pending), 202, media_type=JSON, headers={"Retry-After": "1"})
        raise UnknownTransactionProblem(
            f"Nothing is known of it. Verdicts are kept for {self._gateway.settings.gateway_kept_hours:g} hours."
        )

    async def _answer(self, fields: Any, call: Request, room: asyncio.Semaphore) -> bytes:
        """One of a batch. Its deadline begins when it is sent, as the caller's own calls would one after the other."""
        async with room:
            await asyncio.sleep(0)  # between two of them other calls have their turn
            alone = Request(call.caller, call.request_id, started_now(), call.deadline_ms)
            try:
                answer = await self._gateway.calls.judge(self._gateway.payments.payment(fields), alone)
            except Problem as problem:
                return orjson.dumps({"status": problem.status, "problem": problem.members()})
        return b'{"status":200,"verdict":' + answer + b"}"

    async def _traced(self, judging: Awaitable[bytes], trace: CallTrace | None) -> bytes:
        if trace is None:
            return await judging
        try:
            return await judging
        except Problem as problem:
            trace.refused(problem.name)
            raise
        finally:
            trace.end()

    def _count(self, caller: str, calls: int) -> None:
        terms: CallerPolicy = self._gateway.policy.current.caller(caller)
        self._gateway.rate_limits.take(caller, calls, per_second=terms.rate_per_second, burst=terms.burst)

    def _require_open(self) -> None:
        if not self._gateway.is_open:
            raise BusyProblem(
                f"The gateway is starting ({self._gateway.reading_problem()}): try again in a few seconds.",
                retry_after_seconds=2,
            )
