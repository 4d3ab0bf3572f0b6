#!/usr/bin/env bash
# Each package in an environment that holds only what it asks for: catches an import of another's dependency.
set -euo pipefail
uv=${1:?usage: test-alone.sh UV}
cd "$(dirname "$0")/../.."
for pyproject in shared/*/pyproject.toml services/*/pyproject.toml infra/*/pyproject.toml loadtests/pyproject.toml backtest/pyproject.toml peers/pyproject.toml cli/pyproject.toml; do
  folder=$(dirname "$pyproject")
  name=$(sed -n 's/^name = "\(.*\)"/\1/p' "$pyproject")
  echo "== $name alone"
  UV_PROJECT_ENVIRONMENT="build/alone/$name" "$uv" sync --frozen --quiet --package "$name"
  "build/alone/$name/bin/python" -m pytest -q -c pyproject.toml --rootdir . "$folder"
done
