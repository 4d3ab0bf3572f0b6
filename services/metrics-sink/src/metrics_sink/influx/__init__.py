"""The way into InfluxDB: set up once, then written to, one request for all seconds that wait."""
