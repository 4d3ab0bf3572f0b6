"""Transactions as others keep them, read and mapped to Vigie's contract."""
