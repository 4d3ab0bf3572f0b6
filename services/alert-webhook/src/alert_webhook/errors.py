"""Errors of this service; each text says what to do."""

from vigie_runtime import UnavailableError, VigieError


class OutboxError(VigieError):
    """The outbox's database refuses a statement; `reason` is the driver's kind of error."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The outbox's database refuses a statement ({reason}). Compare its tables with docs/adr/0021; "
            "the log of alert-webhook has the statement."
        )
        self.reason = reason


class OutboxUnavailableError(OutboxError, UnavailableError):
    """The outbox's database does not answer; the text names no address, which may hold a password."""

    def __init__(self, reason: str) -> None:
        VigieError.__init__(
            self,
            f"The outbox's database does not answer ({reason}). Check DATABASE_URL, or that the data folder can be "
            "written and the disk has room.",
        )
        self.reason = reason


class UnknownAlertError(VigieError):
    """No alert of that id is kept here."""

    def __init__(self, alert_id: str) -> None:
        super().__init__(f"There is no alert {alert_id}. It may be older than what is kept.")


class UnknownDeliveryError(VigieError):
    """No delivery of that number is kept here."""

    def __init__(self, delivery_id: int) -> None:
        super().__init__(f"There is no delivery {delivery_id}. GET /api/deliveries lists those that are kept.")


class GatewayRefusalError(VigieError):
    """The gateway refuses a payment for what it is, in the gateway's own words."""

    def __init__(self, words: str) -> None:
        super().__init__(f"The gateway refuses this payment. {words}")


class GatewayAccessError(VigieError):
    """The gateway does not let this service in."""

    def __init__(self, words: str) -> None:
        super().__init__(
            f"The gateway does not let this page in. {words} Set VIGIE_GATEWAY_TOKEN to one of its tokens "
            "(VIGIE_GATEWAY_TOKENS) with the scope send."
        )


class GatewayAnswerError(VigieError):
    """What answers at the gateway's address does not answer as the gateway does."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The answer from VIGIE_GATEWAY_URL is not a verdict ({reason}). Check that the gateway of this version is "
            "at that address."
        )


class ForgedRequestError(VigieError):
    """A request that claims to come from Slack, and does not."""

    def __init__(self) -> None:
        super().__init__(
            "The signature does not fit, or the request is older than five minutes. If Slack sent it, set "
            "SLACK_SIGNING_SECRET to the app's signing secret and check this machine's clock."
        )


class RepeatedRequestError(VigieError):
    """A request from Slack that came before, byte for byte."""

    def __init__(self) -> None:
        super().__init__("This request was answered before; it has no effect a second time.")


class UnreadableRequestError(VigieError):
    """A request that Slack signed, but not one of a click on a button."""

    def __init__(self) -> None:
        super().__init__(
            "This is not a click on a button of a message: only Interactivity of the Slack app may have this address."
        )
