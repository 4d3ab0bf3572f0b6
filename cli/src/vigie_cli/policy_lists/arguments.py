"""What a person gives to `vigie policy list`, checked as the gateway would, before anything is sent."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from gateway.policy.file import read_policy
from gateway.policy.lists import ListField
from gateway.policy.reading.kinds import BY, LISTED, NAME, REASON, WRITTEN_UNTIL, UnfitError, ValueKind
from vigie_runtime import InputError
from vigie_schemas import is_account_number
from vigie_schemas.record import LATEST_TIMESTAMP_MS

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class PolicyListNames:
    """Lists that a policy has from the topic, with what each is compared with."""

    policy: str | None = None
    """The file's name; None: no policy was given, so any list may be meant."""
    fields: tuple[tuple[str, ListField], ...] = ()

    @classmethod
    def of(cls, policy: Path | None) -> "PolicyListNames":
        """Those of a policy's file; raises ConfigurationError where it is not valid."""
        if policy is None:
            return cls()
        lists = read_policy(policy).lists
        return cls(policy.name, tuple((each.name, each.field) for each in lists if each.is_from_topic))

    @property
    def not_looked_at(self) -> str:
        """What to say after a change that no policy was given for; empty where one was."""
        return "" if self.policy else " Whether a policy has that list was not looked at: --policy FILE does."

    def as_value(self, name: str, value: str) -> str:
        """The value, fit for the list; raises InputError."""
        field = dict(self.fields).get(name, "merchant")
        return _fit("VALUE", LISTED[field], value)


def as_list_name(name: str, lists: PolicyListNames) -> str:
    """The name, where the policy has that list or none was given; raises InputError."""
    known = [known for known, _ in lists.fields]
    if lists.policy is not None and name not in known:
        there = f"it has {', '.join(known)}" if known else "it has none"
        raise InputError(f"{lists.policy} has no list of that name with topic = true: {there}.")
    return _fit("LIST", NAME, name)


def as_why(reason: str) -> str:
    """The reason; raises InputError."""
    return _fit("--reason", REASON, reason)


def as_who(by: str) -> str:
    """Who it is; raises InputError."""
    return _fit("--by", BY, by)


def as_until_ms(until: str | None, now_ms: int) -> int | None:
    """The first moment that does not count; raises InputError, also for one that is over."""
    until_ms = _fit("--until", WRITTEN_UNTIL, until)
    if until_ms is not None and until_ms <= now_ms:
        raise InputError("--until is in the past: the entry would do nothing.")
    if until_ms is not None and until_ms > LATEST_TIMESTAMP_MS:
        raise InputError("--until is after 2099: leave it out, then the entry stays.")
    return until_ms


def _fit(option: str, kind: ValueKind[Read], text: str | None) -> Read:
    if is_account_number(text or ""):
        raise InputError(
            f"{option} holds a card number or an IBAN: give the pseudonym that verdicts and alerts name in its place."
        )
    try:
        return kind.read(text)
    except UnfitError:
        raise InputError(f"{option} must be {kind.words}.") from None
