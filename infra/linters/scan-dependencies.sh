#!/usr/bin/env bash
# Known vulnerabilities of all locked packages, asked of PyPI. usage: scan-dependencies.sh UV
set -euo pipefail
uv=${1:?usage: scan-dependencies.sh UV}
cd "$(dirname "$0")/../.."
mkdir -p build
"$uv" export --frozen --quiet --no-emit-workspace --all-packages --format requirements-txt --output-file build/locked.txt
"$uv" run --isolated --frozen --quiet --only-group scans \
  pip-audit --disable-pip --require-hashes --requirement build/locked.txt
