#!/bin/sh
# Builds the module proxy and checksum database with which the go command tests itself, from the sources that every Go
# has, into DIR, and prints its path as GO_OWN_PROXY wants it. It takes a minute or two, and asks nobody.
set -eu

fail() {
  echo "build-go-proxy: $*" >&2
  exit 1
}

[ $# -eq 1 ] || fail "where to? usage: build-go-proxy.sh DIR"
command -v go >/dev/null || fail "there is no go"
sources=$(go env GOROOT)/src/cmd/go
[ -d "$sources/testdata/mod" ] || fail "this go comes without its tests"
mkdir -p "$1"
target=$(cd "$1" && pwd)
cd "$sources"
GOFLAGS='' GOTOOLCHAIN=local GOPROXY=off GOCACHE="$target/cache" go test -c -o "$target/go-own-proxy" . >&2 ||
  fail "it cannot be built"
rm -rf "$target/cache"
echo "$target/go-own-proxy"
