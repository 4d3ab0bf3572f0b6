"""A challenger scores what the champion scores, and serves once it has passed its gates (docs/adr/0032)."""
