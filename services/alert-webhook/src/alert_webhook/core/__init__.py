"""What is true of an alert whoever is informed and whoever asks: the outbox, triage and the answers to it."""
