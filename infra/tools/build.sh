#!/usr/bin/env bash
# Build a program from source into the cache folder and print its path; a program that is there is not built again.
# usage: build.sh actionlint|act|docker-compose|gitleaks|influxd
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
  needs go
  case $name in
    actionlint) go_build linters github.com/rhysd/actionlint/cmd/actionlint ;;
    gitleaks) go_build linters github.com/zricethezav/gitleaks/v8 ;;
    act) go_build act github.com/nektos/act ;;
    docker-compose)
      version=$(go list -C "$here/docker-compose" -m -f '{{.Version}}' github.com/docker/compose/v2)
      go_build docker-compose github.com/docker/compose/v2/cmd -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$version"
      ;;
    influxd) build_influxd ;;
  esac
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
  act | docker-compose | influxd) sources=$here/$name ;;
  *) refuse "Say what to build: build.sh actionlint|act|docker-compose|gitleaks|influxd" ;;
esac
out=$folder/$name
versions=$(cat "$sources"/go.mod "$sources"/go.sum | git hash-object --stdin)
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
