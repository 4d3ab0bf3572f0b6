"""Delivery of alerts checked against its targets: fast to a healthy receiver, complete and in order to a bad one."""
