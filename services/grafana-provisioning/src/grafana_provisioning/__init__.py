"""Dashboards, alert rules and contact points of Vigie's Grafana, as code."""
