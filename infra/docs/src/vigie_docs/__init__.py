"""Pages of Vigie's documentation that are written from the source, and checks of what the source says."""
