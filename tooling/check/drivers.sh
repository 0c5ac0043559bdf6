#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every driver is converted: no one calls virtqueue_add_sgs and its siblings any
# more, and the README names each file that did, with its length before and after.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=tooling/series.sh
. "$TOP/tooling/series.sh"

# callers COMMIT: files outside the ring and its tests; a comment is no call
callers() {
	kgit grep -E 'virtqueue_add_(sgs|outbuf|inbuf|inbuf_ctx)\(' "$1" -- \
		'arch/*.c' 'block/*.c' 'drivers/*.c' 'fs/*.c' 'net/*.c' 'sound/*.c' |
		grep -vE ':[[:space:]]*(/?\*|//)' | sed "s/^$1:\([^:]*\):.*/\1/" | sort -u |
		grep -vE '^drivers/virtio/(virtio_ring\.c|virtqueue_buf\.c|tests/)' || true
}

lines() { kgit show "$1:$2" | wc -l; }

left=$(callers series)
[ -z "$left" ] || fail "not converted: ${left//$'\n'/ }"
count=0
for file in $(callers base); do
	count=$((count + 1))
	grep -qE "^\| $file \|.*\| $(lines base "$file"), $(lines series "$file") \|" "$TOP/README.md" ||
		fail "README: no line for $file with $(lines base "$file") and $(lines series "$file") lines"
done
[ "$count" -gt 0 ] || fail 'nobody called them'
say "$count files converted, as the README has them"
