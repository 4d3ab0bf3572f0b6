"""Policy as reviewed code: one TOML file says what becomes of a payment, and every verdict names the file's hash."""
