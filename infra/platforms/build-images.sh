#!/usr/bin/env bash
# An image of each service and of the load generator, as vigie/NAME:VERSION. usage: build-images.sh VERSION [docker build options]
set -euo pipefail
cd "$(dirname "$0")/../.."
version=${1:?usage: build-images.sh VERSION}
command -v docker >/dev/null || { echo "docker is needed: install Docker, or a command of that name that builds images." >&2; exit 2; }
revision=$(git rev-parse HEAD)
for file in services/*/Dockerfile loadtests/Dockerfile; do
  image=vigie/$(basename "$(dirname "$file")"):$version
  echo "== $image"
  docker build "${@:2}" --build-arg REVISION="$revision" -t "$image" -f "$file" .
done
