#!/usr/bin/env bash
# Build a program from source into the cache folder and print its path; a program that is there is not built again.
# usage: build.sh actionlint|act|docker-compose|gitleaks|influxd|schema-registry
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
name=${1:-}
folder=${VIGIE_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/vigie}/bin

refuse() {
  echo "$1" >&2
  exit 2
}

needs() { # the program that builds it, and whether it is here
  command -v "$1" >/dev/null || refuse "$name is built from source and needs $1: install $1, or leave out what uses $name."
}

go_build() { # the module's folder, the package, further options
  go build -C "$here/$1" -trimpath "${@:3}" -o "$out.new" "$2"
}

build() {
  [ "$name" = schema-registry ] || needs go
  case $name in
    actionlint) go_build linters github.com/rhysd/actionlint/cmd/actionlint ;;
    gitleaks) go_build linters github.com/zricethezav/gitleaks/v8 ;;
    act) go_build act github.com/nektos/act ;;
    docker-compose)
      version=$(go list -C "$here/docker-compose" -m -f '{{.Version}}' github.com/docker/compose/v2)
      go_build docker-compose github.com/docker/compose/v2/cmd -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$version"
      ;;
    influxd) build_influxd ;;
    schema-registry) fetch_schema_registry ;;
  esac
}

fetch_schema_registry() { # Apicurio, by Maven; the last version that Java 17 runs
  needs mvn
  needs java
  local archive version jars
  archive=$(cut -d' ' -f3 "$sources/archive.sha256")
  version=${archive#apicurio-registry-app-}
  version=${version%-all.tar.gz}
  jars=$folder/schema-registry-$version
  rm -rf "$jars"
  mkdir -p "$jars"
  mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy \
    -Dartifact="io.apicurio:apicurio-registry-app:$version:tar.gz:all" -DoutputDirectory="$jars"
  (cd "$jars" && sha256sum --check --quiet "$sources/archive.sha256" && tar xzf "$archive" && rm "$archive")
  # options of Java's are its arguments
  printf '#!/bin/sh\nexec java "$@" -jar "%s"\n' "$jars/apicurio-registry-app-$version-runner.jar" > "$out.new"
  chmod +x "$out.new"
}

build_influxd() { # the server with its whole API, without its web pages
  needs cargo
  needs gcc
  needs pkg-config
  local version
  version=$(go list -C "$here/influxd" -m -f '{{.Version}}' github.com/influxdata/influxdb/v2)
  # its pkg-config has cargo build libflux inside Go's module cache, which therefore has to be writable
  export GOFLAGS="-buildvcs=false -modcacherw -mod=readonly"
  export RUSTUP_TOOLCHAIN=${RUSTUP_TOOLCHAIN:-stable} RUSTC_WORKSPACE_WRAPPER=$here/influxd/rustc-lax
  export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1
  go build -C "$here/influxd" -o "$folder/pkg-config" github.com/influxdata/pkg-config
  PKG_CONFIG=$folder/pkg-config go_build influxd github.com/influxdata/influxdb/v2/cmd/influxd \
    -tags sqlite_foreign_keys,sqlite_json -ldflags "-s -w -X main.version=$version"
}

case $name in
  actionlint | gitleaks) sources=$here/linters ;;
  act | docker-compose | influxd | schema-registry) sources=$here/$name ;;
  *) refuse "Say what to build: build.sh actionlint|act|docker-compose|gitleaks|influxd|schema-registry" ;;
esac
out=$folder/$name
versions=$(find "$sources" -name go.mod -o -name go.sum -o -name '*.sha256' | sort | xargs cat | git hash-object --stdin)
mkdir -p "$folder"
exec 9> "$folder/$name.lock"
! command -v flock >/dev/null || flock 9 # another checkout may be building it
if [ ! -x "$out" ] || { [ -f "$out.versions" ] && [ "$(cat "$out.versions")" != "$versions" ]; }; then
  echo "Building $name once, into $folder ..." >&2
  build >&2
  mv "$out.new" "$out"
  echo "$versions" > "$out.versions"
fi
echo "$out"
