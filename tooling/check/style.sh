#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# checkpatch --strict on every commit.  A finding in a line that the same patch
# takes from somewhere else is no finding of ours: code is moved as it is.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/kernel.sh
. "$TOP/tooling/lib/kernel.sh"

# FILE_PATH_CHANGES asks about MAINTAINERS for every new file, whether or not a
# pattern there covers it; check/documentation.sh looks.
IGNORE=FILE_PATH_CHANGES

# In programs of user space: libFuzzer and the sanitizers call functions by names,
# and want declarations, that are not the kernel's.
IGNORE_IN_TOOLS=CAMELCASE,WEAK_DECLARATION,AVOID_EXTERNS,VOLATILE,BIT_MACRO,MEMORY_BARRIER

# bugs PATCH SIGN: the lines with BUG() or BUG_ON() that it adds (+) or removes
bugs() {
	grep -cE "^[$2].*\\<BUG(_ON)?\\(" "$1" || true
}

# ours PATCH: the findings on stdin, without those in lines that only moved; nor
# is a BUG() that an edit leaves where it was a new one
ours() {
	local finding number text
	while IFS= read -r finding; do
		[[ $finding != *:AVOID_BUG:* ]] || [ "$(bugs "$1" +)" -gt "$(bugs "$1" -)" ] || continue
		number=$(sed -E 's/^[^:]*:([0-9]+):.*/\1/' <<<"$finding")
		text=$(sed -n "${number}s/^+//p" "$1")
		[ -n "${text//[[:space:]]/}" ] && grep -qxF -- "-$text" "$1" && continue
		echo "$finding"
	done
}

# checkpatch has SPDX lines checked by a Python script, if it can: that needs these
need_packages python3-ply python3-git
export PATH=/usr/bin:$PATH

count=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for commit in $(kgit rev-list --reverse base..series); do
	subject=$(kgit log -1 --format=%s "$commit")
	patch=$scratch/$(kgit log -1 --format=%f "$commit").patch
	kgit format-patch -1 --stdout "$commit" >"$patch"
	ignore=$IGNORE
	[[ $subject != tools/virtio:* ]] || ignore+=,$IGNORE_IN_TOOLS
	# fields and arguments that trace events share are lists, not expressions
	[[ $subject != 'virtio_ring: add tracepoints' ]] || ignore+=,COMPLEX_MACRO
	(cd "$LINUX" && perl scripts/checkpatch.pl --strict --no-signoff --terse --show-types \
		--no-summary --ignore "$ignore" "$patch") >"$scratch/findings" || true
	grep -qE "^$patch:[0-9]+: |^\$" "$scratch/findings" || [ ! -s "$scratch/findings" ] ||
		{ cat "$scratch/findings"; fail 'checkpatch did not run'; }
	ours "$patch" <"$scratch/findings" >"$scratch/ours"
	[ ! -s "$scratch/ours" ] || { cat "$scratch/ours"; fail "checkpatch: $subject"; }
	count=$((count + 1))
done
[ "$count" -gt 0 ] || fail 'no patches'
say "$count patches, checkpatch --strict has no finding"
