"""Errors of this service, each for a person who can mend it."""

from vigie_runtime import VigieError


class UnknownAlertError(VigieError):
    """Nobody knows an alert of that id here."""

    def __init__(self, alert_id: str) -> None:
        super().__init__(f"There is no alert {alert_id}. It may be older than what is kept.")
