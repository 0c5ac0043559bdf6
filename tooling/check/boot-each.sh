#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every patch boots, and moves real data through every device.  The calls that a
# patch does not have yet cannot be counted: that a driver uses them is asked of
# the last one only, by make boot.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=tooling/check/kernel.sh
. "$TOP/tooling/check/kernel.sh"

count=0
for commit in $(kgit rev-list --reverse base..series); do
	go_to "$commit"
	say "$(kgit log -1 --format=%s "$commit")"
	O=$EACH_O "$TOP/tooling/build.sh"
	CONVERTED=none O=$EACH_O "$TOP/tooling/boot.sh"
	count=$((count + 1))
done
[ "$count" -gt 0 ] || fail 'no patches'
say "$count patches, each booted"
