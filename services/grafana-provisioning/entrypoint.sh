#!/bin/sh
# Fills the addresses of this installation into the generated files, then becomes Grafana.
set -eu
: "${INFLUXDB_URL:?set INFLUXDB_URL, INFLUXDB_TOKEN, INFLUXDB_ORG and INFLUXDB_BUCKET to where metrics-sink writes}"
: "${INFLUXDB_TOKEN:?set INFLUXDB_TOKEN to a token that may read the bucket}"
: "${INFLUXDB_ORG:?set INFLUXDB_ORG}" "${INFLUXDB_BUCKET:?set INFLUXDB_BUCKET}"
: "${VIGIE_GRAFANA_TOKEN:?set VIGIE_GRAFANA_TOKEN to the token alert-webhook expects from Grafana}"

generated="${VIGIE_GENERATED:-/opt/vigie/generated}"
filled="${GF_PATHS_PROVISIONING:-/opt/vigie/provisioning}"
grafana_url="${GRAFANA_URL:-${RENDER_EXTERNAL_URL:-http://127.0.0.1:3000}}" # Render sets the second by itself
page_url="${VIGIE_PAGE_URL:-http://127.0.0.1:8000}"
grafana_url="${grafana_url%/}" page_url="${page_url%/}"
case "$grafana_url$page_url" in
  *[\|\&\\\"]*) echo "GRAFANA_URL and VIGIE_PAGE_URL must be plain addresses, without | & \\ or quotes." >&2; exit 1 ;;
esac
# some platforms give the address of a server as host:port only
case "$INFLUXDB_URL" in *://*) ;; *) export INFLUXDB_URL="http://$INFLUXDB_URL" ;; esac

rm -rf "${filled:?}"/*
cp -R "$generated"/. "$filled"/
# Grafana refuses to start on a Slack receiver without an address
if [ -n "${SLACK_WEBHOOK_URL:-}" ]; then
  mv "$filled/alerting/contact-points-with-slack.json" "$filled/alerting/contact-points.json"
else
  rm "$filled/alerting/contact-points-with-slack.json"
fi
find "$filled" -type f -exec sed -i \
  -e "s|http://127\.0\.0\.1:3000|$grafana_url|g" -e "s|http://127\.0\.0\.1:8000|$page_url|g" {} +

export GF_PATHS_PROVISIONING="$filled"
export GF_SERVER_ROOT_URL="${GF_SERVER_ROOT_URL:-$grafana_url/}"
export VIGIE_ALERT_WEBHOOK_URL="${VIGIE_ALERT_WEBHOOK_URL:-$page_url}"
exec "${VIGIE_GRAFANA_COMMAND:-/run.sh}" "$@"
