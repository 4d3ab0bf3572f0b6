"""The door: who calls, how often they may, and the payment without any account number."""
