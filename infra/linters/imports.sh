#!/usr/bin/env bash
# Each package declares what it imports and imports what it declares, its tests included (deptry); then the direction of
# imports between packages ([tool.importlinter] in pyproject.toml). Changes nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
export bin=$PWD/.venv/bin

deptry() { # of one folder: prints nothing unless it fails
  local said
  said=$(cd "$1" && "$bin/deptry" --no-ansi "${@:2}" 2>&1) && return
  echo "== $1"
  grep -E " DEP[0-9]+ " <<< "$said" || echo "$said"
  echo "Declare in $1/pyproject.toml what is imported (tests: in its dev group), and nothing else; then: .uv/bin/uv lock"
  return 1
}

package() { # src strictly; then its tests with it, for which the dev group counts
  deptry "$1" src
  [ ! -d "$1/tests" ] || deptry "$1" src tests --exclude '\.venv' --non-dev-dependency-groups dev --ignore DEP002
}
export -f deptry package

dirname shared/*/pyproject.toml services/*/pyproject.toml infra/*/pyproject.toml {loadtests,backtest,peers,cli}/pyproject.toml |
  xargs -P 2 -I {} bash -euc 'package {}'
deptry . tests notebooks .railway --exclude '\.venv' --non-dev-dependency-groups crossing-tests,notebook --ignore DEP002
said=$("$bin/lint-imports" --no-cache 2>&1) || { sed '/^[╔╚ ║╣]/d' <<< "$said"; exit 1; }
