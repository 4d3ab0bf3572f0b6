"""What can go wrong on a platform, shown in one sentence."""

from vigie_runtime import UnavailableError, VigieError


class PlatformError(UnavailableError):
    """A platform or registry does not answer, or answers something else than it should."""


class DeploymentFailedError(VigieError):
    """A release did not come up; the text says what runs now."""
