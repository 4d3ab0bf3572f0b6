"""Callers by their tokens, and what a token allows."""

import hashlib
from dataclasses import dataclass
from typing import Final

from gateway.errors import MissingScopeProblem, UnauthorizedProblem
from gateway.settings import ENTRY, SCOPES, GatewaySettings

LOCAL: Final = "local"
BEARER: Final = "bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, by the name of the token."""

    name: str
    scopes: frozenset[str]

    def require(self, *scopes: str) -> None:
        """Raise MissingScopeProblem unless the token has one of the scopes."""
        if self.scopes.isdisjoint(scopes):
            raise MissingScopeProblem(
                f"{self.name} has not got the scope {' or '.join(scopes)}: VIGIE_GATEWAY_TOKENS gives it."
            )


class Callers:
    """Known by digests: how long a look-up takes tells nothing of a token."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._by_digest: dict[bytes, Caller] = {}
        for entry in settings.gateway_tokens:
            if found := ENTRY.fullmatch(entry.get_secret_value()):
                caller = Caller(found["name"], frozenset(found["scopes"].split("+")))
                self._by_digest[_digest(found["token"])] = caller
        self._local = None if self._by_digest else Caller(LOCAL, SCOPES)

    def of(self, authorization: str | None) -> Caller:
        """The caller of the header; raises UnauthorizedProblem. Without tokens all on this machine are `local`."""
        if self._local is not None:
            return self._local
        if authorization is None or authorization[: len(BEARER)].lower() != BEARER:
            raise UnauthorizedProblem("Send a token: Authorization: Bearer ... (VIGIE_GATEWAY_TOKENS lists them).")
        caller = self._by_digest.get(_digest(authorization[len(BEARER) :].strip()))
        if caller is None:
            raise UnauthorizedProblem("This token is not known here: VIGIE_GATEWAY_TOKENS lists those that are.")
        return caller


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
