"""From Kafka to records, each in its second and known as first or repeated."""
