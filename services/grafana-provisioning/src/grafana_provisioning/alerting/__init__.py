"""Alert rules, and where their messages are sent."""
