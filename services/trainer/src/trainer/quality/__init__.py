"""How well a forest puts fraud first, where the truth is known."""
