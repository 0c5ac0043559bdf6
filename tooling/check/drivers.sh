#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every driver is converted: nothing calls virtqueue_add_sgs and its siblings any
# more, and docs/drivers.md names each file that did, with its length before and after.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=tooling/series.sh
. "$TOP/tooling/series.sh"

CALLS='virtqueue_add_(sgs|outbuf|inbuf|inbuf_ctx|outbuf_premapped|inbuf_premapped|inbuf_cache_clean)\('

# callers COMMIT: files outside the ring and its tests; a comment is no call
callers() {
	kgit grep -E "$CALLS" "$1" -- \
		'arch/*.c' 'block/*.c' 'drivers/*.c' 'fs/*.c' 'net/*.c' 'sound/*.c' |
		grep -vE ':[[:space:]]*(/?\*|//)' | sed "s/^$1:\([^:]*\):.*/\1/" | sort -u |
		grep -vE '^drivers/virtio/(virtio_ring\.c|virtqueue_(buf|mapped)\.c|tests/)' || true
}

lines() { kgit show "$1:$2" | wc -l; }

# in_table FILE: the length that docs/drivers.md has in the column of this kernel
in_table() {
	awk -F ' *[|] *' -v base="$BASE" -v file="$1" '
		$2 == "file" { for (i = 1; i <= NF; i++) if ($i == base) column = i }
		column && $2 == file { print $column }' "$TOP/docs/drivers.md"
}

left=$(callers series)
[ -z "$left" ] || fail "not converted: ${left//$'\n'/ }"
count=0
for file in $(callers base); do
	count=$((count + 1))
	length="$(lines base "$file"), $(lines series "$file")"
	[ "$(in_table "$file")" = "$length" ] ||
		fail "docs/drivers.md: $file has $length lines in $BASE: make docs, or add a row"
done
[ "$count" -gt 0 ] || fail 'nobody called them'
say "$count files converted, as in docs/drivers.md"
