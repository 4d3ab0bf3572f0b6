"""Whether Vigie runs, is fast and has no lag: what is wrong, since when, and what to do."""

from grafana_foundation_sdk.builders.dashboard import Dashboard, Panel

from grafana_provisioning import limits
from grafana_provisioning.dashboards.assembly import OPERATIONS, PanelBuilder, assembled
from grafana_provisioning.flux import Reading, a_second, at_the_end, over_time
from grafana_provisioning.limits import CRITICAL, GOOD, NEUTRAL, WARNING, Levels
from grafana_provisioning.panels import STATES_HEIGHT, SeriesStyle, chart, figure, states

THROUGHPUT = Reading("throughput", ("transactions", "scored", "learning", "rejected", "missing"))
PERCENTILES = Reading("latency", ("p50_ms", "p95_ms", "p99_ms"))
SLOWEST = Reading("latency", ("p999_ms", "max_ms"))
P99 = Reading("latency", ("p99_ms",))
LAG = Reading("lag", ("waiting",))
LAG_BY_PARTITION = Reading("lag", ("waiting",), by=("partition",))
CANARY = Reading("canary", ("flagged_age_s",))
OLDEST = Reading("delivery", ("oldest_waiting_s",))
BUFFERED = Reading("sink", ("buffered_points",))
WRITING = Reading("sink", ("buffered_points", "written", "write_failures", "dropped", "unreadable"))
UP = Reading("sink", ("influx_up",))


def operations() -> Dashboard:
    """The dashboard to open first."""
    return assembled(
        OPERATIONS,
        "Operations",
        "Does Vigie run, is it fast, does it have no lag? Top row: the present. Below: what was wrong since when. "
        "Open this first.",
        [*_now(), _since_when(), _firing(), *_stream(), *_figures()],
    )


def _now() -> list[PanelBuilder]:
    return [
        figure(
            "Transactions a second", at_the_end(Reading("throughput", ("transactions",))),
            "What the detector finished in the last second. 0: nothing is sent, or the detector is not running; look "
            "at 'Lag' beside it. 'no data': metrics-sink or InfluxDB is unavailable, and no figure here is current.",
            levels=Levels(1, 1, falling=True),
        ),
        figure(
            "Latency, p99", at_the_end(P99),
            "Sent to scored; 1 % are slower. A new query may raise it for a moment; if it stays above the "
            "budget, see Latency below.",
            unit="ms", levels=limits.LATENCY_MS, decimals=0, nothing="no traffic",
        ),
        figure(
            "Lag", at_the_end(LAG, merge="sum"),
            "Transactions that wait for the detector, all partitions. Growing: the detector is slower than the stream "
            "or is not running.",
            levels=limits.LAG,
        ),
        figure(
            "Canary last flagged", at_the_end(CANARY),
            "Seconds since the detector last flagged a canary. It shows that the whole path from transaction to alert "
            "works.",
            unit="s", levels=limits.CANARY_SECONDS, decimals=0, nothing="no canary",
        ),
        figure(
            "Oldest waiting alert", at_the_end(OLDEST, merge="max"),
            "How long the oldest alert has been waiting for its receiver. See the Delivery dashboard.",
            unit="s", levels=limits.UNDELIVERED_SECONDS, decimals=0, nothing="no receiver",
        ),
        figure(
            "Buffered points", at_the_end(BUFFERED),
            "Figures that metrics-sink keeps on disk because InfluxDB does not accept them. They are written later; "
            "nothing is lost.",
            levels=limits.BUFFERED_POINTS,
        ),
    ]  # fmt: skip


def _since_when() -> PanelBuilder:
    return states(
        "What was wrong since when",
        [
            over_time(P99, "max"),
            over_time(LAG, "max", merge="sum"),
            over_time(CANARY, "max"),
            over_time(OLDEST, "max", merge="max"),
            over_time(UP, "min"),
        ],
        "Green: nothing to do. Orange: look at it today. Red: act now. A gap: nothing was written. Hover for the "
        "figure.",
        lines={
            "p99_ms": SeriesStyle("Latency", unit="ms", levels=limits.LATENCY_MS),
            "waiting": SeriesStyle("Lag", levels=limits.LAG),
            "flagged_age_s": SeriesStyle("Detection", unit="s", levels=limits.CANARY_SECONDS),
            "oldest_waiting_s": SeriesStyle("Delivery", unit="s", levels=limits.UNDELIVERED_SECONDS),
            "influx_up": SeriesStyle("InfluxDB", levels=Levels(1, 1, falling=True)),
        },
    )


def _firing() -> PanelBuilder:
    """Grafana's own list of firing rules, which needs no query; the SDK has no builder for it."""
    return (
        Panel()
        .type("alertlist")
        .title("Firing rules")
        .description("Each rule shows since when it fires; 'View runbook' says what it means and what to do.")
        .height(STATES_HEIGHT)
        .span(8)
        .options({
            "alertName": "", "dashboardAlerts": False, "groupMode": "default", "maxItems": 20, "sortOrder": 3,
            "stateFilter": {
                "error": True, "firing": True, "noData": True, "normal": False, "pending": True, "recovering": True,
            },
            "viewMode": "list",
        })
    )  # fmt: skip


def _stream() -> list[PanelBuilder]:
    return [
        chart(
            "Throughput", [a_second(THROUGHPUT)],
            "Transactions a second by result. 'learning': there is no model yet, so nothing is scored. A gap is a "
            "stop; a peak after it is the detector catching up.",
            unit="reqps",
            lines={
                "transactions": SeriesStyle("all", NEUTRAL),
                "scored": SeriesStyle("scored", GOOD),
                "learning": SeriesStyle("learning", "purple"),
                "rejected": SeriesStyle("rejected", CRITICAL),
                "missing": SeriesStyle("deleted before they were scored", "dark-red"),
            },
        ),
        chart(
            "Latency, sent to scored", [over_time(PERCENTILES, "max"), over_time(SLOWEST, "max")],
            "The slowest second of each interval. A short peak is a new query being compiled. If it "
            "is raised all the time, the load is high or processor time is short: compare with Throughput.",
            unit="ms", levels=limits.LATENCY_MS,
            lines={
                "p50_ms": SeriesStyle("p50", GOOD),
                "p95_ms": SeriesStyle("p95", NEUTRAL),
                "p99_ms": SeriesStyle("p99", WARNING),
                "p999_ms": SeriesStyle("p99.9", CRITICAL),
                "max_ms": SeriesStyle("longest", "dark-red"),
            },
        ),
        chart(
            "Lag, by partition", [over_time(LAG_BY_PARTITION, "max")],
            "If one partition alone grows, one account sends too much. If all grow, see the runbook 'Detector falls "
            "behind'.",
            name="partition ${__field.labels.partition}", levels=limits.LAG,
        ),
        chart(
            "Dead letters, by reason", [over_time(Reading("dead_letters", ("count",), by=("reason",)), "sum")],
            "Records that could not be scored. If one reason rises, a sender changed its format; the records are kept "
            "and can be corrected and sent again.",
            name="${__field.labels.reason}", bars=True,
        ),
    ]  # fmt: skip


def _figures() -> list[PanelBuilder]:
    return [
        chart(
            "Canary, sent to alert", [over_time(Reading("canary", ("detect_ms",)), "max")],
            "How long the canary took from being sent to its alert. Unlike the latency of ordinary transactions it "
            "includes the path of the alert.",
            unit="ms", name="sent to alert", width=6,
        ),
        chart(
            "Measured transactions a second", [a_second(Reading("latency", ("count",)))],
            "Transactions with the sender's timestamp; the latency figures are computed from them. If there are few, "
            "the percentiles are uncertain.",
            unit="reqps", name="measured", width=6,
        ),
        chart(
            "Writing to InfluxDB", [over_time(WRITING, "max")],
            "What metrics-sink wrote and what it buffers. During an outage nothing arrives here; afterwards the "
            "buffered seconds are filled in. Dropped: the buffer was full, or InfluxDB refused the points; the log of "
            "metrics-sink says which.",
            lines={
                "buffered_points": SeriesStyle("buffered", WARNING),
                "written": SeriesStyle("written", GOOD),
                "write_failures": SeriesStyle("failed writes", CRITICAL),
                "dropped": SeriesStyle("dropped", "dark-red"),
                "unreadable": SeriesStyle("unreadable records", "purple"),
            },
        ),
    ]  # fmt: skip
