"""What the bridge has done since its start, for the status."""

from collections import Counter
from dataclasses import dataclass, field

from bridge.conversion import Outcome
from bridge.refusals import LeftOutKind
from vigie_runtime import get_logger
from vigie_schemas import RejectReason

log = get_logger(__name__)


@dataclass
class Counts:
    """Records by what became of them; written by the loop only."""

    read: int = 0
    transactions: int = 0
    dead_letters: Counter[RejectReason] = field(default_factory=Counter)
    left_out: Counter[LeftOutKind] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """Count a batch that is about to be sent. The first refusal for each reason is logged."""
        for message, refusal in outcome.refused:
            if refusal.reason not in self.dead_letters:
                log.warning(
                    "first record refused",
                    reason=refusal.reason.value,
                    field=refusal.path,
                    hint=refusal.hint,
                    topic=message.topic(),
                    partition=message.partition(),
                    offset=message.offset(),
                )
            self.dead_letters[refusal.reason] += 1
        self.read += len(outcome.transactions) + len(outcome.refused) + outcome.left_out.total()
        self.transactions += len(outcome.transactions)
        self.left_out.update(outcome.left_out)

    def status(self) -> dict[str, object]:
        """Fields of `/status`."""
        return {
            "read_total": self.read,
            "transactions_total": self.transactions,
            "dead_letters_total": self.dead_letters.total(),
            "dead_letters": {str(reason): count for reason, count in sorted(self.dead_letters.items())},
            "left_out": {str(kind): count for kind, count in sorted(self.left_out.items())},
        }
