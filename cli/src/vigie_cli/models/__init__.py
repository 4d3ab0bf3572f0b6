"""`vigie model`: versions in the registry, and which of them serves."""
