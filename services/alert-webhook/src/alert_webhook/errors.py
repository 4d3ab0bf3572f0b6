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
