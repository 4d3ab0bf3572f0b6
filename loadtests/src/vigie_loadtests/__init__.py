"""Load on the whole system with Locust, and the budgets it must keep."""
