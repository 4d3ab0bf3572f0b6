#!/usr/bin/env bash
# Linters of what platforms read: Dockerfiles, workflows, Blueprints, railway.json, compose. Changes nothing.
# Without Go it says what it leaves out; LINT_ONLINE=1 also checks against the schemas that platforms publish (as CI does).
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=.venv/bin

check_against() { # name of our schema, address of the platform's, files
  "$bin/check-jsonschema" --schemafile "infra/linters/schemas/$1" "${@:3}"
  [ -z "${LINT_ONLINE:-}" ] || "$bin/check-jsonschema" --schemafile "$2" "${@:3}"
}

mapfile -t dockerfiles < <(git ls-files '*Dockerfile')
"$bin/hadolint" "${dockerfiles[@]}"
actionlint=$(infra/tools/build.sh actionlint) || [ $? -eq 2 ]
if [ -n "$actionlint" ]; then "$actionlint" -color; else echo "skipped: actionlint"; fi
"$bin/zizmor" --offline --quiet --persona pedantic .github
"$bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml
"$bin/check-jsonschema" --builtin-schema vendor.github-actions .github/actions/*/action.yml
"$bin/check-jsonschema" --builtin-schema vendor.dependabot .github/dependabot.yml
mapfile -t compose < <(git ls-files 'docker-compose.yml' 'infra/compose/*.yaml')
"$bin/check-jsonschema" --builtin-schema vendor.compose-spec "${compose[@]}"
check_against render.json https://render.com/schema/render.yaml.json render.yaml infra/render/*.yaml
check_against railway.json https://railway.com/railway.schema.json railway.json services/*/railway.json
"$bin/python" -m vigie_platforms check
