#!/usr/bin/env bash
# The Fraud Detection Handbook's transactions, downloaded from where they are published, as labelled/handbook.parquet.
# usage: labelled-data.sh [another copy of the repository]
set -euo pipefail
cd "$(dirname "$0")/.."
source=${1:-https://github.com/Fraud-Detection-Handbook/simulated-data-raw}
commit=6e67dbd0a3bfe0d7ec33abc4bce5f37cd4ff0d6a # git compares what it fetches with it: these pickles and no others are read
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
git -C "$folder" init --quiet
git -C "$folder" fetch --quiet --depth 1 "$source" "$commit" || {
  echo "$source does not answer, or no longer has commit $commit. Try again later." >&2
  exit 1
}
git -C "$folder" checkout --quiet FETCH_HEAD
.venv/bin/python -m vigie_backtest.handbook "$folder/data" labelled/handbook.parquet
