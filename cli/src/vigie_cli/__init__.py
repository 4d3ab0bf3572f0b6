"""`vigie`: one command in front of the others."""
