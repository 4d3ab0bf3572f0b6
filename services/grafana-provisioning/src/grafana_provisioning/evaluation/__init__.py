"""Evaluation of queries and rules without Grafana: fill in, query, reduce, compare."""
