"""The outbox: what was received, how it was handled and what each receiver has accepted, in one database.

SQLite in the data folder by default, PostgreSQL by DATABASE_URL (docs/adr/0010).
"""
