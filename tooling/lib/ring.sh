# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by those who run the ring in user space: tools/virtio/vring of the
# assembled tree, built in $RING; the untouched ring is in the programs too.

# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"

RING=$BUILD/ring
VRING=$LINUX/tools/virtio/vring
BASE_RING=$RING/base_ring.c

# get_rings: both rings, as the tree has them now
get_rings() {
	"$TOP/tooling/tree.sh"
	need_writable "$RING"
	kgit show base:drivers/virtio/virtio_ring.c >"$BASE_RING.new"
	cmp -s "$BASE_RING.new" "$BASE_RING" || cp "$BASE_RING.new" "$BASE_RING"
}

# build_ring DIR VARIABLE=...: the programs, in $RING/DIR
build_ring() {
	local dir=$RING/$1
	shift
	mkdir -p "$dir"
	make -C "$VRING" O="$dir" BASE_RING="$BASE_RING" "$@" >"$dir.log" 2>&1 || {
		tail -n 20 "$dir.log" >&2
		fail "tools/virtio/vring does not compile, see $dir.log"
	}
}
