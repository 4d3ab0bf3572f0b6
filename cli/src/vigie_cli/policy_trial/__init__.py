"""What a policy would have done with payments whose truth is known."""
