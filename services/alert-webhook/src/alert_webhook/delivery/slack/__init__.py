"""Messages to Slack and the buttons' answers."""
