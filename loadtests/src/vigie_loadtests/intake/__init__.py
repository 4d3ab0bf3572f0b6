"""How fast files are read, beside the readers of an earlier commit."""
