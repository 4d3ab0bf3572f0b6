"""What people answer to alerts."""
