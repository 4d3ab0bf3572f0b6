"""Files as others keep them: what they are, how they are packed and written, and their rows."""
