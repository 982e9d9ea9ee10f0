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

mkdir -p "$1"
target=$(cd "$1" && pwd)
python=$(python3 -c 'import platform; print(platform.python_version())')

# The mark is written last: what was left half done is done anew.
try() {
  folder=$target/$1
  mark="$2 on Python $python"
  [ "$(cat "$folder/installed" 2>/dev/null)" = "$mark" ] && return
  rm -rf "$folder"
  python3 -m venv "$folder" >&2 || return 1
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check $2 >&2 </dev/null || return 1
  echo "$mark" >"$folder/installed"
  echo "install-python-clients: $mark" >&2
}

found=
# The older pip is the one that Python 3.11 and 3.12 bring along. The newest hishel breaks pdm,
# which asks for any.
while read -r name requirements; do
  if try "$name" "$requirements"; then
    found=yes
  else
    rm -rf "${target:?}/$name"
    echo "install-python-clients: no $requirements that install here" >&2
  fi
done <<CLIENTS
pip23 pip==23.2.1
pip26 pip==26.3
uv uv==0.13.9
poetry poetry==2.5.1
pdm pdm==2.29.4 hishel==1.4.0
CLIENTS
[ -n "$found" ] || fail "no client can be installed here"
echo "$target"
