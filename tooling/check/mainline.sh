#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The series on the newest kernel that it is carried to (BASE=mainline): it goes
# through these checks there, which count as they do anywhere.  Skipped where that
# kernel's source is not available.

CHECKS=(round-trip drivers ring coverage kunit boot in-order)

asked=${BASE:-}
# What was said of another base does not hold for this one.
unset KERNEL_SRC RESULTS OBJ
export BASE=mainline

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

case $asked in
mainline | "$BASE")
	echo "BASE=$BASE is the newest kernel: all other checks are about it"
	exit 77
	;;
esac

status=0
said=$("$TOP/tooling/fetch.sh" 2>&1) || status=$?
echo "$said"
case $status in
0) ;;
2) echo "Linux $BASE is not available here: $(sed -n 's/^error: //p' <<<"$said" | tail -n 1)" && exit 77 ;;
*) exit "$status" ;;
esac

log=$BUILD/check.log
mkdir -p "$BUILD"
"$TOP/tooling/tree.sh"
SEQUENCES=200000 DEPTH=4 "$TOP/tooling/check.sh" "${CHECKS[@]}" 2>&1 | tee "$log" || status=$?
count=$(tail -n 1 "$log" | grep -xE '[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped') ||
	fail "Linux $BASE: the checks did not come to their end"
echo "CASES ${count//[!0-9 ]/}"
say "Linux $BASE: $count$(sed -nE 's/^\[[ 0-9]*s\] (skipped .*)/; \1/p' "$log" | tr -d '\n')"
exit "$status"
