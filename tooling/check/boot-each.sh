#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every patch boots, and moves real data through every device.  The calls that a
# patch does not have yet cannot be counted: that a driver uses them is asked of
# the last one only, by make boot.  A patch that leaves every object of the guest's
# kernel as it was (a driver that QEMU has no device for, a page of documentation)
# has nothing to boot.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/kernel.sh
. "$TOP/tooling/lib/kernel.sh"

"$TOP/tooling/tree.sh"
VMLINUX=$EACH_O/$BASE/obj/vmlinux
patches=0 boots=0 booted=
for commit in $(kgit rev-list --reverse base..series); do
	go_to "$commit"
	say "$(kgit log -1 --format=%s "$commit")"
	O=$EACH_O "$TOP/tooling/build.sh"
	patches=$((patches + 1))
	# make leaves the file alone if nothing of it changed
	built=$(stat -c '%i %Y' "$VMLINUX")
	[ "$built" != "$booted" ] || { say 'the same kernel'; continue; }
	CONVERTED=none O=$EACH_O "$TOP/tooling/boot.sh"
	booted=$built
	boots=$((boots + 1))
done
[ "$boots" -gt 0 ] || fail 'no patches'
say "$patches patches, $boots kernels that differ, each booted"
