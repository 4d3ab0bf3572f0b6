#!/usr/bin/env bash
# Linters of what platforms read: Dockerfiles, workflows, Blueprints, railway.json, compose. Changes nothing.
# Without Go or without a schema it says what it leaves out; LINT_ONLINE=1 fetches the schemas (as CI does).
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=.venv/bin
schemas=${SCHEMAS:-../shared/reference/schemas}
linters=${LINTERS:?say where built linters are kept}

check_against() { # name of the saved schema, its public address, files
  local saved=$1 address=$2
  shift 2
  if [ -n "${LINT_ONLINE:-}" ]; then
    "$bin/check-jsonschema" --schemafile "$address" "$@"
  elif [ -f "$schemas/$saved" ]; then
    "$bin/check-jsonschema" --schemafile "$schemas/$saved" "$@"
  else
    echo "skipped: $* against $address (no copy at $schemas/$saved; LINT_ONLINE=1 fetches it)"
  fi
}

mapfile -t dockerfiles < <(git ls-files '*Dockerfile')
"$bin/hadolint" --config infra/linters/hadolint.yaml "${dockerfiles[@]}"
if command -v go >/dev/null || [ -x "$linters/actionlint" ]; then
  make --silent "$linters/actionlint"
  "$linters/actionlint" -color
else
  echo "skipped: actionlint (it is built from source, and Go is not here)"
fi
"$bin/zizmor" --offline --quiet --persona pedantic .github
"$bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml
"$bin/check-jsonschema" --builtin-schema vendor.github-actions .github/actions/*/action.yml
"$bin/check-jsonschema" --builtin-schema vendor.dependabot .github/dependabot.yml
mapfile -t compose < <(git ls-files 'docker-compose.yml' 'infra/compose/*.yaml')
[ ${#compose[@]} -eq 0 ] || "$bin/check-jsonschema" --builtin-schema vendor.compose-spec "${compose[@]}"
check_against render.yaml.schema.json https://render.com/schema/render.yaml.json render.yaml infra/render/*.yaml
check_against railway.schema.json https://railway.com/railway.schema.json services/*/railway.json
"$bin/python" -m vigie_platforms check
