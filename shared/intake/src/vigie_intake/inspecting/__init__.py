"""How a file is looked at: parts of it, what its columns are, and what is ambiguous in them."""
