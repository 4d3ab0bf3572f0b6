"""From the text of a policy to a policy: every fault in one go, each with its line."""
