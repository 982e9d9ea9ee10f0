#!/bin/sh
# Runs the program of an image as a container does, without one: in a root of its own that is read-only, as another user, without
# privileges to gain, with a folder to write to. Must be root, in a mount namespace of its own: unshare --mount sh image-root.sh …
#
#   image-root.sh ROOT NODE USER STATE PROGRAM [ARGUMENT…]
#
# ROOT has what the image's stages made; from this system come the C library, its like, and nothing that could be run.
set -eu
root=$1 node=$2 user=$3 state=$4
shift 4

mount --make-rprivate /
mount --bind "$root" "$root"
for folder in usr/lib usr/lib64 lib lib64; do
  if [ -L "/$folder" ]; then
    [ -e "$root/$folder" ] || ln -s "$(readlink "/$folder")" "$root/$folder"
  elif [ -d "/$folder" ]; then
    mkdir -p "$root/$folder"
    mount --bind -o ro "/$folder" "$root/$folder"
  fi
done
mkdir -p "$root/usr/local/bin" "$root/dev" "$root/proc" "$root/tmp" "$root/var/lib/cordon"
touch "$root/usr/local/bin/node" "$root/dev/null" "$root/dev/urandom"
mount --bind -o ro "$node" "$root/usr/local/bin/node"
for device in null urandom; do mount --bind "/dev/$device" "$root/dev/$device"; done
mount --bind /proc "$root/proc"
mount -t tmpfs -o mode=1777,size=64m,noexec,nosuid,nodev tmpfs "$root/tmp"
chown "$user" "$state"
mount --bind "$state" "$root/var/lib/cordon"
mount -o remount,ro,bind "$root"

exec env -i PATH=/usr/local/bin HOME=/ NODE_ENV=production NO_COLOR=1 \
  "$(command -v setpriv)" --no-new-privs "$(command -v chroot)" --userspec="$user" --groups= "$root" "$@"
