#!/usr/bin/env bash
# Railway's command line on .railway/railway.py, which it evaluates with the repository's Python. usage: railway.sh plan|apply
set -euo pipefail
cd "$(dirname "$0")/../.."
plan=build/railway-plan.json
refuse() {
  echo "$1" >&2
  exit 2
}
command -v railway >/dev/null || refuse "Railway's command line is needed: npm install -g @railway/cli, then railway login."
export PATH=$PWD/.venv/bin:$PATH
case ${1:-} in
  plan)
    mkdir -p build
    [ ! -e build/railway-images.json ] || export VIGIE_RAILWAY_IMAGES=$PWD/build/railway-images.json
    railway config plan --out "$plan"
    ;;
  apply)
    [ -e "$plan" ] || refuse "There is no plan: run make railway-plan first, and read what it would change."
    railway config apply --plan "$plan"
    ;;
  *) refuse "Say plan or apply: railway.sh plan" ;;
esac
