"""What readers get of the registry's versions, and the tags that say how one became champion."""

from dataclasses import dataclass
from typing import Final

from vigie_schemas import FIRST_THRESHOLD_VERSION

PROMOTED_AT_TAG: Final = "promoted_at_ms"
PROMOTED_BY_TAG: Final = "promoted_by"
PROMOTED_WHY_TAG: Final = "promoted_why"
REPLACED_TAG: Final = "replaced_version"
"""On a version: the champion before it, where a roll-back goes."""


CHALLENGED_AT_TAG: Final = "challenged_at_ms"
CHALLENGED_BY_TAG: Final = "challenged_by"
CHALLENGED_WHY_TAG: Final = "challenged_why"
SHADOW_TAG: Final = "shadow"
"""On a version that was challenger: what became of it, by whom and why."""


@dataclass(frozen=True, kw_only=True)
class Champion:
    """The model version that the registry says should serve, and the version of the thresholds it should serve by."""

    version: int
    threshold_version: int = FIRST_THRESHOLD_VERSION
    run_id: str = ""
    created_ms: int = 0
    promoted_ms: int = 0
    """When it became champion last; 0 where that was not written down."""
    replaced: int | None = None
    """The champion before it; None where that was not written down."""

    @property
    def since_ms(self) -> int:
        """From when on it serves: a version that a person promoted again is older than that."""
        return max(self.created_ms, self.promoted_ms)


@dataclass(frozen=True, kw_only=True)
class RegisteredVersion:
    """A version of the model, champion or not."""

    version: int
    created_ms: int
    card: str
    """Its model card, in Markdown; the beginning of it where the database has no room."""
    tags: dict[str, str]

    @property
    def replaced(self) -> int | None:
        """The champion before it; None where that was not written down."""
        return whole_number(self.tags.get(REPLACED_TAG))

    @property
    def challenged_by(self) -> str:
        """Who made it challenger."""
        return self.tags.get(CHALLENGED_BY_TAG, "somebody")

    @property
    def challenged_ms(self) -> int:
        """Since when it watches; when it was registered where that was not written down."""
        return whole_number(self.tags.get(CHALLENGED_AT_TAG)) or self.created_ms


def whole_number(text: str | None) -> int | None:
    """The number that a tag holds; None without the tag, or where a person wrote something else."""
    return int(text) if text is not None and text.isdecimal() else None
