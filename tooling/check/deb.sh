#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The image package that make deb builds boots in the guest, and moves data through
# every device; and it is that kernel, not another one.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

"$TOP/tooling/deb.sh"
image=$(find "$BUILD/deb" -maxdepth 1 -name 'linux-image-*.deb' ! -name '*-dbg_*')
[ -f "$image" ] || fail "not one image package: $image"
log=$BUILD/deb/boot.log
IMAGE=$image RESULTS=$RESULTS/check/deb "$TOP/tooling/boot.sh" | tee "$log"
release=$(dpkg-deb -c "$image" | sed -n 's|.*\./boot/vmlinuz-||p')
grep -qxF "Linux $release" "$log" || fail "$release was packed, $(grep '^Linux ' "$log") booted"
[[ $release = *-piecewise ]] || fail "the release is $release"
say "${image##*/}: Linux $release boots; $(tail -n 1 "$log" | sed 's/^\[[ 0-9s]*\] //')"
