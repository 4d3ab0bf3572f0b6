"""Which records of one contract another one refuses: the guard over changed contracts. Not imported by any service."""
