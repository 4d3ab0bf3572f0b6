"""The bridge alone under load, beside a program that only passes records on, on a real broker."""
