"""How much of it all people get to see, and when (docs/adr/0011)."""
