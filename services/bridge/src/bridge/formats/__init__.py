"""From the bytes of a foreign topic to records: wire formats, and the envelopes that connectors put around records."""
