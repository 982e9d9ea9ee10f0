#!/bin/sh
# Installs linters of GitHub's workflows into a folder, and prints it: actionlint, a Go module, and zizmor, a Python package.
#
#   WORKFLOW_LINTERS=$(sh test/stock/install-workflow-linters.sh DIR)
set -eu

fail() {
  echo "install-workflow-linters: $*" >&2
  exit 1
}

[ $# -eq 1 ] || fail "usage: install-workflow-linters.sh DIR"
command -v go >/dev/null || fail "there is no go to build actionlint with"
command -v python3 >/dev/null || fail "there is no python3 to install zizmor with"

mkdir -p "$1"
target=$(cd "$1" && pwd)
GOBIN=$target GOFLAGS=-mod=mod go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 >&2 || fail "actionlint cannot be built"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target "$target/python" zizmor==1.32.0 >&2 ||
  fail "zizmor cannot be installed"
ln -sf "$target/python/bin/zizmor" "$target/zizmor"
echo "$target"
