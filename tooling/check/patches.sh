#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every patch compiles on its own, with W=1 and no warning that the untouched
# kernel does not give.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=tooling/check/kernel.sh
. "$TOP/tooling/check/kernel.sh"

LOGS=$RESULTS/check/patches
mkdir -p "$LOGS"

# compile_commit COMMIT LOG: everything with warnings, as if for the first time
compile_commit() {
	go_to "$1"
	configure_each
	rm -f "$EACH_OBJ"/drivers/virtio/*.o "$EACH_OBJ"/drivers/virtio/tests/*.o
	compile W=1 "${TARGETS[@]}" >"$2" 2>&1
}

compile_commit base "$LOGS/base.log" || { tail "$LOGS/base.log"; fail 'the untouched kernel does not compile'; }
count=0
for commit in $(kgit rev-list --reverse base..series); do
	subject=$(kgit log -1 --format=%s "$commit")
	count=$((count + 1))
	echo "$count: $subject"
	log=$LOGS/$count.log
	compile_commit "$commit" "$log" || { tail -n 30 "$log"; fail "does not compile: $subject"; }
	found=$(new_warnings "$LOGS/base.log" "$log")
	[ -z "$found" ] || { echo "$found"; fail "new warnings: $subject"; }
done
[ "$count" -gt 0 ] || fail 'no patches'
say "$count patches, each compiled with W=1, no new warning"
