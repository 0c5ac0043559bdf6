#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The series on the newest kernel that it is carried to (BASE=mainline): it
# assembles, the ring passes its tests in user space, the KUnit suites pass, and a
# guest moves real data.  Skipped where that kernel's source cannot be had.

asked=${BASE:-}
# What was said of another base does not hold for this one.
unset KERNEL_SRC RESULTS
export BASE=mainline

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

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
2) echo "Linux $BASE cannot be had here: $(sed -n 's/^error: //p' <<<"$said" | tail -n 1)" && exit 77 ;;
*) exit "$status" ;;
esac

"$TOP/tooling/tree.sh"
SEQUENCES=200000 DEPTH=4 "$TOP/tooling/check/ring.sh"
"$TOP/tooling/check/coverage.sh"
"$TOP/tooling/build.sh"
"$TOP/tooling/kunit.sh"
"$TOP/tooling/boot.sh"
