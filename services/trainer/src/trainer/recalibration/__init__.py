"""Thresholds that follow the scores of their segment under the alert budget (docs/adr/0009)."""
