"""The whole of Vigie on Railway: `railway config plan`, then `railway config apply` (docs/deployment.md, step by step).

Railway's command line evaluates this file with python3 and railway-sdk alone, so it imports nothing of Vigie. A service
that is missing here is planned for deletion. tests/contract compares every variable, path and port with the code, and
`make platforms` writes each service's railway.json from this.

    VIGIE_REPOSITORY       owner/name on GitHub; else what `git remote get-url origin` says
    VIGIE_RAILWAY_IMAGES   file with a JSON object of images by service, as `make railway-images` writes it: these run
                           by digest, Railway builds the others. Needed once GitHub Actions deploys here: without it a
                           plan would go back to building.
"""

import json
import os
import re
import subprocess
from pathlib import Path

from railway_sdk import define_railway, github, image, postgres, preserve, project, service, volume

ROOT = Path(__file__).resolve().parents[1]
EVERY_ADDRESS = "::"  # private networks made before October 2025 have IPv6 only; this listens on IPv4 as well
SHARED_INPUTS = [
    "/shared/**",
    "/pyproject.toml",
    "/uv.lock",
    "/.dockerignore",
    "!**/*.md",
    "!**/tests/**",
    "!shared/testing/**",
]
KAFKA = {"KAFKA_BOOTSTRAP_SERVERS": "${{kafka.RAILWAY_PRIVATE_DOMAIN}}:9092"}
REGISTRY = {
    "MLFLOW_TRACKING_URI": "http://${{mlflow-server.RAILWAY_PRIVATE_DOMAIN}}:5000",
    "MLFLOW_TRACKING_USERNAME": "admin",
    "MLFLOW_TRACKING_PASSWORD": "${{mlflow-server.VIGIE_MLFLOW_ADMIN_PASSWORD}}",
}
INFLUXDB = {
    "INFLUXDB_URL": "http://${{influxdb.RAILWAY_PRIVATE_DOMAIN}}:8086",
    "INFLUXDB_TOKEN": "${{influxdb.DOCKER_INFLUXDB_INIT_ADMIN_TOKEN}}",
    "INFLUXDB_ORG": "${{influxdb.DOCKER_INFLUXDB_INIT_ORG}}",
    "INFLUXDB_BUCKET": "${{influxdb.DOCKER_INFLUXDB_INIT_BUCKET}}",
}
CALLER = {
    "VIGIE_GATEWAY_URL": "http://${{gateway.RAILWAY_PRIVATE_DOMAIN}}:8001",
    "VIGIE_GATEWAY_TOKEN": "${{gateway.VIGIE_GATEWAY_TOKENS}}",
}
AS_ROOT = {"RAILWAY_RUN_UID": "0"}  # Railway mounts volumes for root, and our images run as another user


def repository():
    """Where Railway builds from."""
    if told := os.environ.get("VIGIE_REPOSITORY"):
        return told
    command = ["git", "remote", "get-url", "origin"]
    origin = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = re.search(r"github\.com[:/]([^/]+/[^/]+?)(\.git)?$", origin.stdout.strip())
    if found is None:
        raise SystemExit("Set VIGIE_REPOSITORY=owner/name: the remote named origin is not on GitHub.")
    return found[1]


def images():
    """Images by digest, where GitHub Actions deploys them."""
    path = os.environ.get("VIGIE_RAILWAY_IMAGES")
    return json.loads(Path(path).read_text()) if path else {}


def ours(name, port, env, *, folder=None, healthcheck="/healthz", draining_seconds=30, volumes=None):
    """A service of this repository; Railway asks for its health at PORT."""
    folder = folder or name
    by_digest = images().get(name)
    return service(
        name,
        source=image(by_digest) if by_digest else github(repository(), branch="main", checkSuites=True),
        build={
            "builder": "DOCKERFILE",
            "dockerfilePath": f"services/{folder}/Dockerfile",
            "watchPatterns": [f"/services/{folder}/**", *SHARED_INPUTS],
        },
        deploy={"restartPolicyType": "ALWAYS", "drainingSeconds": draining_seconds},
        healthcheck=healthcheck,
        healthcheckTimeout=600,  # the detector warms up, MLflow migrates its database
        volumeMounts=volumes,
        env={"PORT": str(port), **env, **(AS_ROOT if volumes else {})},
    )


def volumes():
    """What survives a deployment, in MB; Railway's hobby plan has up to ten, of 5 GB each."""
    sizes = {
        "kafka-data": 5000,
        "influxdb-data": 5000,
        "mlflow-artifacts": 5000,
        "detector-checkpoint": 5000,
        "sink-buffer": 2000,
        "generator-state": 500,
    }
    return {name: volume(name, {"sizeMB": size}) for name, size in sizes.items()}


def servers(disks):
    """Servers of others, by their own images."""
    kafka = service(
        "kafka",
        source=image("apache/kafka:4.3.1"),
        deploy={"restartPolicyType": "ALWAYS", "drainingSeconds": 60},
        volumeMounts={"/var/lib/kafka/data": disks["kafka-data"]},
        env={
            "KAFKA_NODE_ID": "1",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",  # no host: every address
            "KAFKA_ADVERTISED_LISTENERS": "PLAINTEXT://${{RAILWAY_PRIVATE_DOMAIN}}:9092",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "KAFKA_INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
            "KAFKA_LOG_DIRS": "/var/lib/kafka/data/logs",  # beside the volume's lost+found, not around it
            "KAFKA_HEAP_OPTS": "-Xms512m -Xmx512m",
            "CLUSTER_ID": "VmlnaWVPblJhaWx3YXkwMQ",
            **AS_ROOT,
        },
    )
    influxdb = service(
        "influxdb",
        source=image("influxdb:2.9"),
        deploy={"restartPolicyType": "ALWAYS"},
        healthcheck="/health",
        volumeMounts={"/var/lib/influxdb2": disks["influxdb-data"]},
        env={
            "PORT": "8086",
            "INFLUXD_HTTP_BIND_ADDRESS": ":8086",  # no host: every address
            "DOCKER_INFLUXDB_INIT_MODE": "setup",
            "DOCKER_INFLUXDB_INIT_USERNAME": "vigie",
            "DOCKER_INFLUXDB_INIT_PASSWORD": preserve(),
            "DOCKER_INFLUXDB_INIT_ORG": "vigie",
            "DOCKER_INFLUXDB_INIT_BUCKET": "vigie",
            "DOCKER_INFLUXDB_INIT_ADMIN_TOKEN": preserve(),
        },
    )
    return [kafka, influxdb, postgres("mlflow-db"), postgres("alerts-db")]


def stream(disks):
    """What makes, scores and counts transactions, and what learns from them."""
    status = {"VIGIE_STATUS_HOST": EVERY_ADDRESS}
    return [
        ours(
            "spark-detector",
            8101,
            {
                **status,
                **KAFKA,
                **REGISTRY,
                "VIGIE_MLFLOW_WEBHOOK_SECRET": "${{mlflow-server.VIGIE_MLFLOW_WEBHOOK_SECRET}}",
            },
            draining_seconds=60,
            volumes={"/data": disks["detector-checkpoint"]},
        ),
        ours("trainer", 8102, {**status, **KAFKA, **REGISTRY}),
        ours(
            "metrics-sink",
            8103,
            {**status, **KAFKA, **REGISTRY, **INFLUXDB},
            volumes={"/data": disks["sink-buffer"]},
        ),
        ours(
            "generator",
            8104,
            {**status, **KAFKA, **CALLER, "VIGIE_RATE": "10", "VIGIE_GENERATOR_TARGET": "kafka"},  # or gateway
            volumes={"/data": disks["generator-state"]},
        ),
    ]


def pages(disks, alerts_db, mlflow_db):
    """What people open, and the gateway, which your programs call: give each a domain in its settings."""
    mlflow = ours(
        "mlflow-server",
        5000,
        {
            "VIGIE_MLFLOW_HOST": EVERY_ADDRESS,
            "VIGIE_MLFLOW_BACKEND_STORE": mlflow_db.env.DATABASE_URL,
            "VIGIE_MLFLOW_ADMIN_PASSWORD": preserve(),
            "VIGIE_MLFLOW_SECRET_KEY": preserve(),
            "VIGIE_MLFLOW_WEBHOOK_URL": "http://${{spark-detector.RAILWAY_PRIVATE_DOMAIN}}:8101/hooks/mlflow",
            "VIGIE_MLFLOW_WEBHOOK_SECRET": preserve(),
        },
        healthcheck="/health",
        volumes={"/data": disks["mlflow-artifacts"]},
    )
    gateway = ours(
        "gateway",
        8001,
        {
            "VIGIE_GATEWAY_HOST": EVERY_ADDRESS,
            "VIGIE_GATEWAY_TOKENS": preserve(),
            "VIGIE_PSEUDONYM_KEY": preserve(),
            **KAFKA,
        },
    )
    page = ours(
        "alert-webhook",
        8000,
        {
            "VIGIE_HOST": EVERY_ADDRESS,
            "VIGIE_TRUSTED_PROXIES": "1",
            "VIGIE_USERS": preserve(),
            "VIGIE_API_TOKENS": preserve(),
            "VIGIE_PAGE_URL": "https://${{RAILWAY_PUBLIC_DOMAIN}}",
            "GRAFANA_URL": "https://${{grafana.RAILWAY_PUBLIC_DOMAIN}}",
            "DATABASE_URL": alerts_db.env.DATABASE_URL,
            "SLACK_WEBHOOK_URL": preserve(),
            "SLACK_SIGNING_SECRET": preserve(),
            **CALLER,
            **KAFKA,
            **REGISTRY,
        },
    )
    grafana = ours(
        "grafana",
        3000,
        {
            "GF_SERVER_HTTP_PORT": "3000",
            "GRAFANA_URL": "https://${{RAILWAY_PUBLIC_DOMAIN}}",
            "VIGIE_PAGE_URL": "https://${{alert-webhook.RAILWAY_PUBLIC_DOMAIN}}",
            "GF_SECURITY_ADMIN_PASSWORD": preserve(),
            "VIGIE_ALERT_WEBHOOK_URL": "http://${{alert-webhook.RAILWAY_PRIVATE_DOMAIN}}:8000",
            "VIGIE_GRAFANA_TOKEN": "${{alert-webhook.VIGIE_API_TOKENS}}",
            "SLACK_WEBHOOK_URL": "${{alert-webhook.SLACK_WEBHOOK_URL}}",
            **INFLUXDB,
        },
        folder="grafana-provisioning",
        healthcheck="/api/health",
    )
    return [mlflow, gateway, page, grafana]


@define_railway
def main(ctx=None):
    """The project; Railway's command line calls this."""
    disks = volumes()
    kafka, influxdb, mlflow_db, alerts_db = servers(disks)
    own = [*stream(disks), *pages(disks, alerts_db, mlflow_db)]
    return project("vigie", resources=[*disks.values(), kafka, influxdb, mlflow_db, alerts_db, *own])
