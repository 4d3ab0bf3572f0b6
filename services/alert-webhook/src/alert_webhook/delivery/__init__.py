"""From the outbox to the receivers."""
