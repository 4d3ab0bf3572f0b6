"""Calls from their payment to their verdict: sent, awaited under a deadline, answered once.

Everything here runs on the event loop; the threads that talk to Kafka hand over what they have.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson

from gateway.calls.answers import Answers, now_ms
from gateway.calls.call import Call
from gateway.calls.counts import AnswerCounts
from gateway.calls.expected import ExpectedVerdicts
from gateway.calls.in_flight import InFlight
from gateway.calls.recovery import CallRecovery
from gateway.calls.request import Request
from gateway.calls.room import Room
from gateway.calls.verdict_feed import VerdictFeed
from gateway.calls.verdict_record import answer_of
from gateway.door.payment import ReceivedPayment
from gateway.errors import BusyProblem, InvalidTransactionProblem, OtherBodyProblem
from gateway.policy.decision import Totals
from gateway.policy.watch import PolicyFile
from gateway.store import Known, VerdictStore
from gateway.stream.originals import CALLER_HEADER, DIGEST_HEADER, REQUEST_HEADER
from gateway.stream.outcomes import Read, Rejection, ScoredOutcome
from gateway.stream.sender import Acknowledged, PaymentSender

EXPLANATION_SECONDS: Final = 2.0
"""How long a verdict waits for the alert's reasons: alert and scored record are written together."""
GIVEN_WITHIN_MS: Final = 3_000
"""After an outcome the replica that has the call gives the verdict; if none came by then, it was killed."""
GIVEN_POLL_SECONDS: Final = 0.02


class Calls:
    """All calls of this replica."""

    def __init__(
        self,
        *,
        sender: PaymentSender,
        store: VerdictStore,
        policy: PolicyFile,
        recovery: CallRecovery,
        most_in_flight: int,
        reading_problem: Callable[[], str | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`reading_problem` says why outcomes are not read; None while they are."""
        self._sender = sender
        self._store = store
        self._policy = policy
        self._recovery = recovery
        self._clock = clock
        self._calls = InFlight()
        self._room = Room(most_in_flight, clock)
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers = Answers(sender, self._calls, reading_problem, clock)
        self._expected = ExpectedVerdicts(recovery, store, self._calls, self._answers)
        self.feed = VerdictFeed()

    @property
    def counts(self) -> AnswerCounts:
        """What was answered since the start."""
        return self._answers.counts

    @property
    def waiting(self) -> int:
        """Calls that wait for an answer."""
        return self._calls.waiting

    @property
    def room(self) -> int:
        """Calls that may be on their way now."""
        return self._room.size

    @property
    def overdue(self) -> int:
        """Calls answered by a fallback, whose outcome is still to come."""
        return self._calls.overdue

    def expect_late_verdicts(self) -> None:
        """Await the true verdicts of fallbacks that were answered before a restart."""
        self._expected.begin(self._policy.current)

    async def judge(self, payment: ReceivedPayment, request: Request) -> bytes:
        """The verdict as JSON; raises a Problem. A repeat of a call gets the same verdict."""
        transaction_id = payment.transaction.transaction_id
        known = self._calls.find(transaction_id)
        if known is not None:
            _require_same(known.digest, payment)
            if not known.is_fallback or known.answer.done():
                return await asyncio.shield(known.answer)
        kept = self._store.find(transaction_id)
        if kept is not None and (recorded := await self._recorded(transaction_id, kept, request)) is not None:
            _require_same(recorded["body_digest"], payment)
            return orjson.dumps(answer_of(recorded))
        call = self._begin(payment, request)
        headers = [
            (DIGEST_HEADER, call.digest.encode()),
            (CALLER_HEADER, call.caller.encode()),
            (REQUEST_HEADER, call.request_id.encode()),
            *(request.trace.headers() if request.trace else ()),
        ]
        try:
            self._sender.send(transaction_id, call.account_id, payment.record, headers)
        except BusyProblem:
            self._answers.drop(call)
            raise
        return await asyncio.shield(call.answer)

    async def verdict_of(self, transaction_id: str) -> dict[str, Any] | None:
        """The answered verdict, `later` with the true one after a fallback; None while none is known."""
        kept = self._store.find(transaction_id)
        if kept is not None and kept.verdict is not None:
            return answer_of(kept.verdict) | {"later": answer_of(kept.late) if kept.late else None}
        known = self._calls.find(transaction_id)
        if known is not None and known.answer.done() and known.answer.exception() is None:
            return orjson.loads(known.answer.result()) | {"later": None}
        if kept is None or known is not None:
            return None
        recorded = await self._recorded(transaction_id, kept)
        return answer_of(recorded) | {"later": None} if recorded else None

    def is_known(self, transaction_id: str) -> bool:
        """Whether a verdict is on its way."""
        return self._calls.find(transaction_id) is not None

    def stored(self, batches: int) -> None:
        """So many of the batches taken are in the store."""
        self._calls.forget_stored(batches)
        self._expected.stored()

    def take(self, read: Read) -> None:
        """What the detector made of payments, and what all replicas answered."""
        self._calls.batch_begins()
        for outcome in read.outcomes:
            call = self._calls.find(outcome.transaction_id)
            if call is not None and call.outcome is None and outcome.account_id == call.account_id:
                self._calls.outcome_read(call)
                self._add_outcome(call, outcome)
        for explanation in read.explanations:
            call = self._calls.find(explanation.transaction_id)
            if call is not None and call.explanation is None:
                call.explanation = explanation
                if call.trace:
                    call.trace.explained()
                if call.is_explained:
                    self._answers.settle(call)
        for rejection in read.rejections:
            call = self._calls.find(rejection.transaction_id)
            if call is not None and call.outcome is None:
                self._reject(call, rejection)
        for verdict in read.verdicts:
            self._calls.verdict_read(verdict["transaction_id"])
            self.feed.publish(verdict)

    def acknowledged(self, done: Sequence[Acknowledged]) -> None:
        """These payments are in Kafka."""
        for transaction_id, partition, offset in done:
            call = self._calls.find(transaction_id)
            if call is not None and call.place is None:
                call.place = (partition, offset)
                if call.trace:
                    call.trace.acknowledged()

    def _begin(self, payment: ReceivedPayment, request: Request) -> Call:
        now = self._clock()
        waiting, overdue = self._calls.waiting, self._calls.recently_overdue(now)
        if self._room.is_full(waiting, overdue, self._calls.oldest_started(now)):
            raise BusyProblem(
                f"{waiting + overdue} calls wait for the detector: try again in a second, or send fewer at once.",
                retry_after_seconds=1,
            )
        policy, transaction = self._policy.current, payment.transaction
        terms = policy.caller(request.caller)
        loop = asyncio.get_running_loop()
        call = Call(
            transaction_id=transaction.transaction_id,
            account_id=transaction.account_id,
            timestamp_ms=transaction.timestamp_ms,
            amount_eur=payment.amount_eur,
            digest=payment.digest,
            caller=request.caller,
            request_id=request.request_id,
            policy=policy,
            terms=terms,
            rules=policy.rules_of(transaction, payment.amount_eur, self._spent, now_ms()),
            started=request.started,
            allowed_seconds=self._allowed_seconds(request),
            answer=loop.create_future(),
            trace=request.trace,
        )
        call.answer.add_done_callback(_retrieve)
        self._calls.begin(call)
        left = call.allowed_seconds - (self._clock() - request.started)
        call.timer = loop.call_later(max(left, 0.0), self._answers.fall_back, call)
        return call

    def _allowed_seconds(self, request: Request) -> float:
        """The call's deadline, else its caller's."""
        if request.deadline_ms is not None:
            return request.deadline_ms / 1000
        return self._policy.current.caller(request.caller).deadline_ms / 1000

    def _spent(self, account_id: str, from_ms: int, until_ms: int) -> Totals:
        stored = self._store.spent(account_id, from_ms, until_ms)
        return self._calls.added_to(stored, account_id, from_ms)

    async def _recorded(
        self, transaction_id: str, kept: Known, request: Request | None = None
    ) -> dict[str, Any] | None:
        """The verdict that was given, or now is, for an outcome that a crash left without one."""
        while kept.verdict is None and kept.outcome is not None and kept.age_ms < GIVEN_WITHIN_MS:
            if request is not None and self._clock() - request.started >= self._allowed_seconds(request):
                raise BusyProblem(
                    "Another replica is giving its verdict: ask again in a second.", retry_after_seconds=1
                )
            await asyncio.sleep(GIVEN_POLL_SECONDS)
            kept = self._store.find(transaction_id) or kept
        if kept.verdict is not None or kept.outcome is None:
            return kept.verdict
        call = await self._recovery.call(kept.outcome, self._policy.current)
        if call is None:
            raise OtherBodyProblem(
                "This transaction_id was used before by another way than the gateway: give each payment its own."
            )
        if (known := self._calls.find(transaction_id)) is not None:
            call = known  # asked for twice at once
        else:
            self._calls.begin(call)
            self._answers.settle(call)
        answer = orjson.loads(await asyncio.shield(call.answer))
        return answer | {"body_digest": call.digest}

    def _add_outcome(self, call: Call, outcome: ScoredOutcome) -> None:
        place = (outcome.partition, outcome.offset)
        if call.place is not None and call.place != place:
            self._in_background(self._compare(call, outcome))
            return
        call.place, call.outcome = place, outcome
        self._room.outcome_came(call.started, call.allowed_seconds)
        if call.trace:
            call.trace.judged()
        if call.is_explained:
            self._answers.settle(call)
        else:
            asyncio.get_running_loop().call_later(EXPLANATION_SECONDS, self._answers.settle, call)

    async def _compare(self, call: Call, outcome: ScoredOutcome) -> None:
        """An earlier record bears the id, as after a crash: its headers say whether it is the same payment."""
        original = await self._recovery.original(outcome)
        if call.is_settled or call.outcome is not None:
            return
        if original is None or original.digest != call.digest:
            self._answers.fail(call, OtherBodyProblem(_OTHER_BODY))
            return
        call.place, call.outcome = (outcome.partition, outcome.offset), outcome
        call.explanation = call.explanation or self._recovery.explanation(call.transaction_id)
        self._answers.settle(call)

    def _reject(self, call: Call, rejection: Rejection) -> None:
        if call.place is not None and call.place != (rejection.partition, rejection.offset):
            return
        if not rejection.is_repeat:
            self._answers.fail(call, InvalidTransactionProblem(rejection.text, more={"reason": rejection.reason}))
        elif (kept := self._store.find(call.transaction_id)) is not None and kept.outcome is not None:
            self._in_background(self._compare(call, kept.outcome))
        # else the earlier record's outcome is on its way, or older than what is kept: the deadline decides

    def _in_background(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


_OTHER_BODY: Final = "Another payment was sent under this transaction_id before: give each payment an id of its own."


def _require_same(digest: str, payment: ReceivedPayment) -> None:
    if digest != payment.digest:
        raise OtherBodyProblem(_OTHER_BODY)


def _retrieve(answer: asyncio.Future[bytes]) -> None:
    """A caller who has hung up asks for no result; asyncio would log that."""
    if not answer.cancelled():
        answer.exception()
