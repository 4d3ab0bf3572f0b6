"""What can go wrong with the registry; both are handled where the registry is read, and what serves goes on."""

from pydantic import ValidationError

from vigie_runtime import UnavailableError, VigieError


class RegistryUnavailableError(UnavailableError):
    """The registry does not answer, refuses, or is no registry; asking again later may help."""


class UnusableVersionError(VigieError):
    """What the registry holds of a version cannot be used; only another version can help."""


def first_fault(error: ValidationError) -> str:
    """The first of the faults that a record has, on one line and without the record's content."""
    faults = error.errors(include_url=False, include_input=False)
    place = ".".join(map(str, faults[0]["loc"])) or "the whole"
    return f"{place}: {faults[0]['msg']}" + (f", and {len(faults) - 1} more" if len(faults) > 1 else "")
