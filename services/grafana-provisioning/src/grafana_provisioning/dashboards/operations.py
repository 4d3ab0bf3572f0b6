"""Is it alive, fast and caught up: what is wrong, since when, and what to do, in ten seconds."""

from grafana_foundation_sdk.builders.dashboard import Dashboard, Panel

from grafana_provisioning import limits
from grafana_provisioning.dashboards.assembly import PanelBuilder, assembled
from grafana_provisioning.flux import Reading, a_second, at_the_end, over_time
from grafana_provisioning.levels import CRITICAL, GOOD, NEUTRAL, WARNING, Levels
from grafana_provisioning.panels import STATES_HEIGHT, Line, chart, figure, states
from grafana_provisioning.places import OPERATIONS

THROUGHPUT = Reading("throughput", ("transactions", "scored", "learning", "rejected"))
PERCENTILES = Reading("latency", ("p50_ms", "p95_ms", "p99_ms"))
TAIL = Reading("latency", ("p999_ms", "max_ms"))
P99 = Reading("latency", ("p99_ms",))
WAITING = Reading("lag", ("waiting",))
WAITING_BY_PARTITION = Reading("lag", ("waiting",), by=("partition",))
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
        "Is Vigie alive, fast and caught up? Top row: now. Below: what was wrong since when. Open this one first.",
        [*_now(), _since_when(), _firing(), *_stream(), *_figures()],
    )


def _now() -> list[PanelBuilder]:
    return [
        figure(
            "Transactions a second", at_the_end(Reading("throughput", ("transactions",))),
            "What the detector finished in the last second. 0: nothing is sent, or the detector stands still; look at "
            "'Waiting' beside it. 'silent': metrics-sink or InfluxDB is down, and nothing here can be trusted.",
            levels=Levels(1, 1, falling=True),
        ),
        figure(
            "Latency, p99", at_the_end(P99),
            "Sent to scored, the slowest of a hundred. Above the budget for more than a moment: see "
            "Latency below.",
            unit="ms", levels=limits.LATENCY_MS, decimals=0, nothing="no traffic",
        ),
        figure(
            "Waiting for the detector", at_the_end(WAITING, merge="sum"),
            "Transactions in Kafka that are not scored yet, all partitions. Growing: the detector is slower than the "
            "stream or stands still.",
            levels=limits.WAITING,
        ),
        figure(
            "Canary last flagged", at_the_end(CANARY),
            "Seconds since the detector last caught the planted anomaly. It proves the whole way from payment to "
            "alert.",
            unit="s", levels=limits.CANARY_SECONDS, decimals=0, nothing="no canary",
        ),
        figure(
            "Oldest alert not delivered", at_the_end(OLDEST, merge="max"),
            "How long the oldest alert has been waiting for its receiver. See the Delivery dashboard.",
            unit="s", levels=limits.UNDELIVERED_SECONDS, decimals=0, nothing="no receiver",
        ),
        figure(
            "Points kept back", at_the_end(BUFFERED),
            "Figures that metrics-sink keeps on disk because InfluxDB does not take them. They arrive later; nothing "
            "is lost.",
            levels=limits.BUFFERED_POINTS,
        ),
    ]  # fmt: skip


def _since_when() -> PanelBuilder:
    return states(
        "What was wrong since when",
        [
            over_time(P99, "max"),
            over_time(WAITING, "max", merge="sum"),
            over_time(CANARY, "max"),
            over_time(OLDEST, "max", merge="max"),
            over_time(UP, "min"),
        ],
        "Green needs nobody, orange somebody today, red somebody now; a gap: nothing was written. Hover for the "
        "figure.",
        lines={
            "p99_ms": Line("Fast", unit="ms", levels=limits.LATENCY_MS),
            "waiting": Line("Caught up", levels=limits.WAITING),
            "flagged_age_s": Line("Detecting", unit="s", levels=limits.CANARY_SECONDS),
            "oldest_waiting_s": Line("Delivering", unit="s", levels=limits.UNDELIVERED_SECONDS),
            "influx_up": Line("Recording", levels=Levels(1, 1, falling=True)),
        },
    )


def _firing() -> PanelBuilder:
    """Grafana's own list of alerts, which no InfluxDB query feeds; the SDK has no builder of its own for it."""
    return (
        Panel()
        .type("alertlist")
        .title("Rules that fire: open one for its runbook")
        .description("Each rule says since when it fires; 'View runbook' says what it means and what to do.")
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
            "Transactions a second by what became of them. 'Learning': no model yet, nothing is judged. A hole is a "
            "stop; "
            "a spike after it is the detector catching up.",
            unit="reqps",
            lines={
                "transactions": Line("all", NEUTRAL),
                "scored": Line("scored", GOOD),
                "learning": Line("learning", "purple"),
                "rejected": Line("rejected", CRITICAL),
            },
        ),
        chart(
            "Latency, sent to scored", [over_time(PERCENTILES, "max"), over_time(TAIL, "max")],
            "The worst second of each interval. A short peak is a new query being compiled. A raised floor "
            "is load or a starved machine: compare with Throughput.",
            unit="ms", levels=limits.LATENCY_MS,
            lines={
                "p50_ms": Line("p50", GOOD),
                "p95_ms": Line("p95", NEUTRAL),
                "p99_ms": Line("p99", WARNING),
                "p999_ms": Line("p99.9", CRITICAL),
                "max_ms": Line("longest", "dark-red"),
            },
        ),
        chart(
            "Waiting for the detector, by partition", [over_time(WAITING_BY_PARTITION, "max")],
            "One partition alone growing: one account or key carries too much. All growing: see the runbook 'Detector "
            "falls behind'.",
            name="partition ${__field.labels.partition}", levels=limits.WAITING,
        ),
        chart(
            "Refused records, by reason", [over_time(Reading("dead_letters", ("count",), by=("reason",)), "sum")],
            "Records on the dead-letter topic. One reason rising means a sender changed its format; the record is "
            "kept and can "
            "be mended and sent again.",
            name="${__field.labels.reason}", bars=True,
        ),
    ]  # fmt: skip


def _figures() -> list[PanelBuilder]:
    return [
        chart(
            "From canary to alert", [over_time(Reading("canary", ("detect_ms",)), "max")],
            "How long the planted anomaly took from being sent to being flagged. It sees what the latency of ordinary "
            "payments does not: the alert's own way.",
            unit="ms", name="detected after", width=6,
        ),
        chart(
            "Measured transactions a second", [a_second(Reading("latency", ("count",)))],
            "Transactions that the latency figures stand on, those with a sender's stamp. Few: read the percentiles "
            "with care.",
            unit="reqps", name="measured", width=6,
        ),
        chart(
            "Writing to InfluxDB", [over_time(WRITING, "max")],
            "What metrics-sink wrote and what it keeps back. During an outage nothing arrives here at all; afterwards "
            "the "
            "seconds kept back are filled in. Dropped: its disk was full, or InfluxDB refused them for good; read its "
            "log.",
            lines={
                "buffered_points": Line("kept back", WARNING),
                "written": Line("written", GOOD),
                "write_failures": Line("failed writes", CRITICAL),
                "dropped": Line("dropped", "dark-red"),
                "unreadable": Line("unreadable records", "purple"),
            },
        ),
    ]  # fmt: skip
