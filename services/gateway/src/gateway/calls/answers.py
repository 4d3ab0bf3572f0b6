"""Gives each call its verdict: once by the deadline, and the true one later where that was a fallback."""

import time
from collections.abc import Callable
from typing import Any, Final

import orjson

from gateway.calls.call import Call
from gateway.calls.counts import AnswerCounts
from gateway.calls.in_flight import InFlight
from gateway.calls.verdict_record import answer_of, fallback_verdict, true_verdict
from gateway.errors import Problem
from gateway.stream.sender import PaymentSender
from vigie_runtime import get_logger
from vigie_schemas.verdict import FallbackCause

FALLBACK_LOG_INTERVAL_SECONDS: Final = 10.0

log = get_logger(__name__)


class Answers:
    """Answers the calls in flight and publishes what was answered."""

    def __init__(
        self,
        sender: PaymentSender,
        calls: InFlight,
        reading_problem: Callable[[], str | None],
        clock: Callable[[], float],
    ) -> None:
        """`reading_problem` says why outcomes are not read; None while they are."""
        self._sender = sender
        self._calls = calls
        self._reading_problem = reading_problem
        self._clock = clock
        self._fallback_logged_at = float("-inf")
        self.counts = AnswerCounts()

    def settle(self, call: Call) -> None:
        """Answer with the true verdict, or publish it where a fallback was answered before."""
        if call.outcome is None or call.is_settled or self._calls.find(call.transaction_id) is not call:
            return
        call.is_settled = True
        record = true_verdict(call, call.outcome, at_ms=now_ms(), spent_ms=self._spent_ms(call))
        self._publish(call, record)
        if not call.is_fallback:
            self._answer(call, record)
        self._calls.settled(call)

    def fall_back(self, call: Call) -> None:
        """Answer a call whose deadline has come: by what is there, else by the caller's policy."""
        if call.answer.done():
            return
        if call.outcome is not None:
            self.settle(call)  # all but the reasons is there
            return
        record = fallback_verdict(call, self._cause(call), at_ms=now_ms(), spent_ms=self._spent_ms(call))
        call.is_fallback = True
        self._publish(call, record)
        self._answer(call, record)
        self._calls.fell_back(call)
        if self._clock() - self._fallback_logged_at >= FALLBACK_LOG_INTERVAL_SECONDS:
            self._fallback_logged_at = self._clock()
            log.warning("fallback answered", cause=record["fallback_cause"], request_id=call.request_id)

    def fail(self, call: Call, problem: Problem) -> None:
        """Answer with a problem."""
        if not call.answer.done():
            call.answer.set_exception(problem)
        self.drop(call)

    def drop(self, call: Call) -> None:
        """It gets no answer from here."""
        if call.timer is not None:
            call.timer.cancel()
        self._calls.drop(call)

    def _cause(self, call: Call) -> FallbackCause:
        if self._reading_problem() is not None:
            return "reading"
        return "deadline" if call.place is not None else "kafka"

    def _answer(self, call: Call, record: dict[str, Any]) -> None:
        if call.timer is not None:
            call.timer.cancel()
        if not call.answer.done():
            call.answer.set_result(orjson.dumps(answer_of(record)))
        if call.trace:
            call.trace.answered(record)

    def _publish(self, call: Call, record: dict[str, Any]) -> None:
        self._sender.publish(call.transaction_id, orjson.dumps(record))
        self.counts.add(record, int(self._clock()))

    def _spent_ms(self, call: Call) -> float:
        return (self._clock() - call.started) * 1000


def now_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000
