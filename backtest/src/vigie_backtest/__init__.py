"""Measures detection quality on a file of transactions: `python -m vigie_backtest FILE --out DIR`."""
