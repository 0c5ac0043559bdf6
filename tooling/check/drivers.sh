#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every driver is converted: nothing calls virtqueue_add_sgs and its siblings any
# more, and docs/drivers.md names each file that did, with its length before and after.
# docs/locking.md has each file that adds buffers.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"

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

ADDS='virtqueue_(start_buf|add_(buf|buf_single|buf_linear|buf_linear_ctx|buf_linear_cache_clean|request))\('

# adders: files outside the ring and its tests that add buffers now
adders() {
	kgit grep -lE "^[^*]*$ADDS" series -- \
		'arch/*.c' 'block/*.c' 'drivers/*.c' 'fs/*.c' 'net/*.c' 'sound/*.c' |
		sed 's/^series://' |
		grep -vE '^drivers/virtio/(virtio_ring\.c|virtqueue_(buf|mapped)\.c|tests/)'
}

# in_locking: files of this kernel that docs/locking.md has
in_locking() {
	awk -F ' *[|] *' -v base="$BASE" '
		match($2, /^[a-z].*\.c/) {
			file = $2; sub(/ .*/, "", file)
			if ($2 == file || index($2, "(" base ")"))
				print file
		}' "$TOP/docs/locking.md" | sort -u
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
differ=$(diff <(adders | sort -u) <(in_locking) | grep '^[<>]' || true)
[ -z "$differ" ] || fail "docs/locking.md: files that add buffers (<), and those it has (>): ${differ//$'\n'/, }"
say "$count files converted, as in docs/drivers.md"
