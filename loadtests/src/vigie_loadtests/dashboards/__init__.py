"""What the dashboards cost: a day of seconds in a real InfluxDB, each panel's query timed."""
