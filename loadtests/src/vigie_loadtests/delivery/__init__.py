"""Delivery of alerts held to its promise: fast to a well receiver, complete and in order to a bad one."""
