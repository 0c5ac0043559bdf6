#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The image package that make deb builds boots in the guest, and moves data through
# every device; and it is that kernel, not another one.  So does a package whose
# drivers are modules: Debian's own, of the untouched kernel.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

LOG=$BUILD/deb/boot.log

# release_in PACKAGE: of the kernel that is in it
release_in() { dpkg-deb -c "$1" | sed -n 's|.*\./boot/vmlinuz-||p'; }

# boots PACKAGE: its kernel
boots() {
	local release
	release=$(release_in "$1")
	IMAGE=$1 RESULTS=$RESULTS/check/deb "$TOP/tooling/boot.sh" | tee "$LOG"
	grep -qxF "Linux $release" "$LOG" || fail "$release was packed, $(grep '^Linux ' "$LOG") booted"
	say "${1##*/}: Linux $release boots; $(tail -n 1 "$LOG" | sed 's/^\[[ 0-9s]*\] //')"
}

# with_modules: the name of Debian's package of this base; the cloud's is a small one
with_modules() {
	apt-cache depends "linux-image-$BASE-cloud-amd64" linux-image-cloud-amd64 2>/dev/null |
		sed -n "s/^ *Depends: \(linux-image-$BASE\.\)/\1/p" | head -n 1
}

"$TOP/tooling/deb.sh"
image=$(find "$BUILD/deb" -maxdepth 1 -name 'linux-image-*.deb' ! -name '*-dbg_*')
[ -f "$image" ] || fail "not one image package: $image"
[[ $(release_in "$image") = *-piecewise ]] || fail "the release is $(release_in "$image")"
boots "$image"

theirs=$(with_modules)
if [ -z "$theirs" ]; then
	echo 'CASES 0 0 1'
	say "$(tail -n 1 "$LOG"); apt offers no kernel of Linux $BASE with modules"
	exit
fi
scratch=$(mktemp -d "$BUILD/deb/theirs.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
(cd "$scratch" && apt_get download "$theirs") || die "cannot download $theirs: $(apt_error)"
CONVERTED=none boots "$(find "$scratch" -name '*.deb')"
