"""Errors of this service, each for a person who can mend it."""

from vigie_runtime import VigieError


class UnknownAlertError(VigieError):
    """Nobody knows an alert of that id here."""

    def __init__(self, alert_id: str) -> None:
        super().__init__(f"There is no alert {alert_id}. It may be older than what is kept.")


class UnknownDeliveryError(VigieError):
    """Nobody knows a delivery of that number here."""

    def __init__(self, delivery_id: int) -> None:
        super().__init__(f"There is no delivery {delivery_id}. GET /api/deliveries lists those that are kept.")


class ForgedRequestError(VigieError):
    """A request that says it comes from Slack, and does not."""

    def __init__(self) -> None:
        super().__init__(
            "The signature does not fit, or the request is older than five minutes. If Slack sent it, set "
            "SLACK_SIGNING_SECRET to the app's signing secret and check this machine's clock."
        )


class PlayedAgainError(VigieError):
    """A request of Slack's that came before, byte for byte."""

    def __init__(self) -> None:
        super().__init__("This request was answered before; it has no effect a second time.")


class UnreadableRequestError(VigieError):
    """A request that Slack signed, but not one of a click on a button."""

    def __init__(self) -> None:
        super().__init__(
            "This is not a click on a button of a message: only Interactivity of the Slack app may have this address."
        )
