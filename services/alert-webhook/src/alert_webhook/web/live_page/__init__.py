"""What open pages show, and how changes reach them."""
