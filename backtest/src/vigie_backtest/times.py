"""Times as a report writes them."""

from datetime import UTC, datetime


def as_text(timestamp_ms: int) -> str:
    """ISO 8601, UTC, to the second."""
    return datetime.fromtimestamp(timestamp_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
