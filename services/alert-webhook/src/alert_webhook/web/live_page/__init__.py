"""What open pages are shown, and how they hear of changes."""
