"""True verdicts that are still to follow fallbacks from before a restart."""

from gateway.calls.answers import Answers, now_ms
from gateway.calls.call import Call
from gateway.calls.in_flight import InFlight
from gateway.calls.recovery import CallRecovery
from gateway.policy.policy import Policy
from gateway.store import VerdictStore


class ExpectedVerdicts:
    """Puts such calls among those in flight, and settles those whose outcome came before that."""

    def __init__(self, recovery: CallRecovery, store: VerdictStore, calls: InFlight, answers: Answers) -> None:
        self._recovery = recovery
        self._store = store
        self._calls = calls
        self._answers = answers
        self._expected: list[Call] = []

    def begin(self, policy: Policy) -> None:
        """Expect the outcomes of all fallbacks in the store that have none."""
        for call in self._recovery.open_fallbacks(policy, now_ms):
            if self._calls.find(call.transaction_id) is None:  # else it is one since the start
                self._calls.begin(call)
                self._calls.fell_back(call)
                self._expected.append(call)
        self._settle()

    def stored(self) -> None:
        """What was read is in the store, also what was read just before the calls were expected."""
        if self._expected:
            self._settle()
            self._expected.clear()

    def _settle(self) -> None:
        for call in self._expected:
            kept = self._store.find(call.transaction_id)
            if kept is not None and kept.outcome is not None and not call.is_settled:
                call.outcome, call.explanation = kept.outcome, kept.explanation(call.transaction_id)
                self._answers.settle(call)
