#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: clean.sh
#
# Removes all that was made for BASE, unless that would lose work.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"

check_base
[ -d "$BUILD" ] || exit 0
one_at_a_time make
if [ -n "$(stamp_get tip)" ]; then
	lost=$(local_work untracked)
	[ -z "$lost" ] ||
		die "$TREE has local work ($lost): run 'make refresh' first, or remove $BUILD by hand"
fi
say "removing $BUILD"
rm -rf "$BUILD"
say removed
