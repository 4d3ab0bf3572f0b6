"""The one tree of errors Vigie raises on purpose; each text says what to do."""


class VigieError(Exception):
    """Base of all errors a person can mend; shown as one sentence, without a stack trace."""


class ConfigurationError(VigieError):
    """A setting is missing or wrong."""


class UnavailableError(VigieError):
    """Something the service needs (Kafka, the registry) does not answer."""


class InputError(VigieError):
    """A file or frame given by the user cannot be used."""
