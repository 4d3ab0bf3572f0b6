"""Everything about InfluxDB: points, buckets, the task for minutes, and the thread that writes."""
