"""How a record fails to become a transaction: refused, which is a dead letter, or left out, which is only counted."""

from enum import StrEnum

from vigie_schemas import RejectReason


class RefusalError(Exception):
    """A record that somebody has to mend."""

    def __init__(self, reason: RejectReason, path: str | None = None, *, hint: str | None = None) -> None:
        super().__init__(f"{reason}: {path}" if path else str(reason))
        self.reason = reason
        self.path = path
        """Where in the record it is wrong."""
        self.hint = hint
        """What to do; holds nothing of the record."""


class LeftOutKind(StrEnum):
    """What is no transaction and no fault either."""

    TOMBSTONE = "tombstone"
    UPDATE = "update"
    DELETE = "delete"
    OTHER_CHANGE = "other_change"
    MONEY_IN = "money_in"
    DROPPED = "dropped"


class LeftOutError(Exception):
    """A record that is read and counted, and leads to nothing."""

    def __init__(self, kind: LeftOutKind) -> None:
        super().__init__(kind)
        self.kind = kind
