"""What Grafana does with queries and rules, as far as it can be done without Grafana: fill, ask, reduce, compare."""
