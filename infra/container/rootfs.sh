#!/bin/sh
# Puts together the root of the image: rootfs.sh BINARY FOLDER. Run as root, on Debian, in the build stage.
set -eu
binary=$1
root=$2

mkdir -p "$root/etc/ssl/certs" "$root/var/lib/pim-portal" "$root/tmp"
install -m 0755 "$binary" "$root/pim-portal"
# Every library that the binary is linked with, and the loader itself, where they are here.
ldd "$binary" | grep -o '/lib[^ ]*' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
printf 'portal:x:65532:65532:pim-portal:/var/lib/pim-portal:/\n' >"$root/etc/passwd"
printf 'portal:x:65532:\n' >"$root/etc/group"
chmod 1777 "$root/tmp"
chmod 0700 "$root/var/lib/pim-portal"
chown 65532:65532 "$root/var/lib/pim-portal"
