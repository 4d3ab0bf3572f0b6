#!/usr/bin/env bash
# Images of a registry under the names that compose gives to those built here, so that tests meet the very same bytes.
set -euo pipefail
images=${1:?usage: pull-images.sh '{"trainer": "ghcr.io/you/vigie/trainer@sha256:..."}'}
python3 -c 'import json, sys; [print(name, image) for name, image in json.loads(sys.argv[1]).items()]' "$images" |
  while read -r name image; do
    docker pull --quiet "$image"
    docker tag "$image" "${VIGIE_IMAGES:-vigie}/$name:${VIGIE_VERSION:-local}"
  done
