"""Names that come with messages and become tags: few of them, or InfluxDB would drown in series."""

from typing import Final

MOST_NAMES: Final = 50
OTHER: Final = "other"


class FewNames:
    """Lets the first MOST_NAMES names pass; all further ones are `other`."""

    def __init__(self, limit: int = MOST_NAMES) -> None:
        self._limit = limit
        self._known: set[str] = set()

    def name(self, wanted: str) -> str:
        """The name, or OTHER when there are too many already."""
        if wanted in self._known:
            return wanted
        if len(self._known) >= self._limit:
            return OTHER
        self._known.add(wanted)
        return wanted
