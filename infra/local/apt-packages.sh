#!/usr/bin/env bash
# Java, a browser and PostgreSQL for the tests, where this machine lacks them and apt has them.
set -euo pipefail
missing=()
command -v make >/dev/null || missing+=(make)
command -v java >/dev/null || missing+=(default-jre-headless)
[ -x "${VIGIE_CHROMIUM:-/usr/bin/chromium}" ] || missing+=(chromium)
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || missing+=(postgresql)
[ ${#missing[@]} -eq 0 ] && exit 0
as_root=(env DEBIAN_FRONTEND=noninteractive)
[ "$(id -u)" -eq 0 ] || as_root=(sudo "${as_root[@]}") # sudo drops the environment, so env comes after it
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
