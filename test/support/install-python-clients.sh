#!/bin/sh
# Installs the clients of Python packages for a test run, each into a virtual environment of its own below DIR, from
# the index that this machine's pip is set to. Prints DIR as CORDON_PYTHON_CLIENTS wants it.
#
#   CORDON_PYTHON_CLIENTS=$(sh test/support/install-python-clients.sh DIR)
#
# A client that is there in the right version is left as it is, so that a second call is quick and asks nobody.
set -eu

fail() {
  echo "install-python-clients: $*" >&2
  exit 1
}

[ $# -eq 1 ] || fail "which directory? usage: install-python-clients.sh DIR"
command -v python3 >/dev/null || fail "there is no python3"

constraints=$(cd "$(dirname "$0")" && pwd)/python-clients.txt
mkdir -p "$1"
target=$(cd "$1" && pwd)
# An environment is made for one Python, and does not work elsewhere.
state="$(python3 -c 'import sys; print(sys.version, sys.base_prefix)') $target $(cksum <"$constraints")"

# The mark is written last: what was left half done is done anew.
try() {
  folder=$target/$1
  mark="$2 $state"
  [ "$(cat "$folder/installed" 2>/dev/null)" = "$mark" ] && return
  rm -rf "$folder"
  python3 -m venv "$folder" >&2 || return 1
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --constraint "$constraints" "$2" \
    >&2 </dev/null || return 1
  echo "$mark" >"$folder/installed"
  echo "install-python-clients: $2" >&2
}

found=
# The older pip is the one that Python 3.11 brings along.
while read -r name requirement; do
  if try "$name" "$requirement"; then
    found=yes
  else
    rm -rf "${target:?}/$name"
    echo "install-python-clients: no $requirement that installs here" >&2
  fi
done <<CLIENTS
pip23 pip==23.2.1
pip26 pip==26.3
uv uv==0.13.9
poetry poetry==2.5.1
pdm pdm==2.29.4
pypi-simple pypi-simple==1.8.0
CLIENTS
[ -n "$found" ] || fail "no client can be installed here"
echo "$target"
