#!/bin/sh
# Fetches cosign from Debian for a test run, and leaves the system as it is: an apt of its own in a temporary folder,
# with apt's own checks of signatures. Prints the paths of the binaries as COSIGN wants them, joined by colons.
#
#   COSIGN=$(sh test/stock/install-cosign.sh DIR [SUITE…])
#
# By default from each suite that has a cosign which runs here: what is published must verify with the old one too.
set -eu

fail() {
  echo "install-cosign: $*" >&2
  exit 1
}

[ $# -ge 1 ] || fail "which directory? usage: install-cosign.sh DIR [SUITE…]"
for tool in apt-get dpkg-deb; do
  command -v "$tool" >/dev/null || fail "there is no $tool; install cosign by other means and name it in COSIGN"
done
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] || fail "there is no $keyring"

mkdir -p "$1"
target=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- trixie forky

# From where this system has its own packages, however its sources are written.
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Release: $codename" 'Component: main' |
  head -n 1)
[ -n "$uri" ] || fail "apt has no source for $codename main on this system"

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
# apt downloads as a user of its own where it can.
chmod 755 "$temporary"

try() {
  suite=$1
  state=$temporary/$suite
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
  : >"$state/status"
  cat >"$state/debian.sources" <<SOURCES
Types: deb
URIs: $uri
Suites: $suite
Components: main
Signed-By: $keyring
SOURCES
  # The system's settings for the network stay, its hooks do not: they clean the system's own cache.
  cat >"$state/apt.conf" <<CONF
Dir::State "$state";
Dir::State::status "$state/status";
Dir::State::lists "$state/lists";
Dir::Cache "$state/cache";
Dir::Etc::sourcelist "$state/debian.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Default-Release "";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Retries "3";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
CONF
  # Warnings are errors here: apt only warns of a list that it could not fetch.
  apt-get -c "$state/apt.conf" --quiet --error-on=any update >&2 || return 1
  mkdir "$state/download"
  chmod 777 "$state/download"
  (cd "$state/download" && apt-get -c "$state/apt.conf" --quiet download cosign) >&2 || return 1
  rm -rf "${target:?}/$suite"
  package=$(echo "$state"/download/cosign_*.deb)
  dpkg-deb --extract "$package" "$target/$suite" || return 1
  binary=$target/$suite/usr/bin/cosign
  # It was built for another release, whose libc may be newer than this system's.
  "$binary" version >/dev/null || return 1
  echo "install-cosign: $suite has $(dpkg-deb --field "$package" Version)" >&2
}

found=
for suite in "$@"; do
  if try "$suite"; then
    found=$found${found:+:}$binary
  else
    echo "install-cosign: no cosign from $suite that runs here" >&2
  fi
done
[ -n "$found" ] || fail "no suite has one: $*"
echo "$found"
