"""Problems that a caller is answered with, by RFC 9457; each says what to do."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

import orjson

from vigie_runtime import VigieError

NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class Problem(VigieError):  # noqa: N818  # the RFC's own word
    """Base: a problem type with its HTTP status. `more` are further members of the answer."""

    name: ClassVar[str] = "problem"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "The gateway failed"

    def __init__(
        self, detail: str, *, retry_after_seconds: int | None = None, more: Mapping[str, object] = NOTHING
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds
        self.more = more

    def members(self) -> dict[str, object]:
        """The body of the answer."""
        return {
            "type": f"/v1/problems/{self.name}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.more,
        }

    def body(self) -> bytes:
        """The body as JSON."""
        return orjson.dumps(self.members())


class UnexpectedProblem(Problem):
    """A fault of ours."""

    name = "unexpected"
    title = "The gateway failed"


class MalformedRequestProblem(Problem):
    """Body or headers are not what the address takes."""

    name = "malformed-request"
    status = 400
    title = "The request cannot be read"


class UnauthorizedProblem(Problem):
    """No token, or one that is not known."""

    name = "unauthorized"
    status = 401
    title = "Send a token"


class MissingScopeProblem(Problem):
    """The token does not allow this."""

    name = "missing-scope"
    status = 403
    title = "The token may not do this"


class UnknownTransactionProblem(Problem):
    """Nothing is known under the id."""

    name = "unknown-transaction"
    status = 404
    title = "No such transaction"


class UnknownAddressProblem(Problem):
    """Nothing is at the address."""

    name = "unknown-address"
    status = 404
    title = "Nothing is here"


class WrongMethodProblem(Problem):
    """The address does not take the method."""

    name = "wrong-method"
    status = 405
    title = "Another method is needed"


class OtherBodyProblem(Problem):
    """The id was used for another payment."""

    name = "other-body-under-this-id"
    status = 409
    title = "The id belongs to another payment"


class BodyTooLargeProblem(Problem):
    """More bytes or more transactions than allowed."""

    name = "body-too-large"
    status = 413
    title = "The body is too large"


class InvalidTransactionProblem(Problem):
    """A field breaks the contract, or the detector refused the payment."""

    name = "invalid-transaction"
    status = 422
    title = "The transaction cannot be judged"


class RateLimitedProblem(Problem):
    """The caller sends faster than its policy allows."""

    name = "rate-limited"
    status = 429
    title = "Slower, please"


class BusyProblem(Problem):
    """So many calls wait that another one would not be answered in time."""

    name = "busy"
    status = 503
    title = "The gateway is full"


PROBLEMS: Final[tuple[type[Problem], ...]] = (
    MalformedRequestProblem,
    UnauthorizedProblem,
    MissingScopeProblem,
    UnknownTransactionProblem,
    UnknownAddressProblem,
    WrongMethodProblem,
    OtherBodyProblem,
    BodyTooLargeProblem,
    InvalidTransactionProblem,
    RateLimitedProblem,
    BusyProblem,
    UnexpectedProblem,
)
