"""Start the metrics sink: `python -m metrics_sink`."""

import random
import time
from contextlib import closing

from metrics_sink.settings import MetricsSinkSettings
from metrics_sink.sink import MetricsSink
from vigie_runtime import StatusServer, configure_logs, load_settings, run_entry_point, stop_event


def main() -> None:
    """Wire the sink and run it until a signal."""
    settings = load_settings(MetricsSinkSettings)
    configure_logs(settings, "metrics-sink")
    stop = stop_event()
    sink = MetricsSink(settings, chance=random.Random(), clock=time.time)
    server = StatusServer(settings.status_port, sink.status, host=settings.status_host)
    server.start()
    with closing(server):
        sink.run(stop)


if __name__ == "__main__":
    run_entry_point(main)
