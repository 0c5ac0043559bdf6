#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: coverage.sh
#
# How much of the ring do its tests in user space reach?  The rest is named, see
# tools/virtio/vring/coverage.sh.  Leaves what it prints in $RESULTS/coverage.txt.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/ring.sh
. "$TOP/tooling/lib/ring.sh"
# shellcheck source=tooling/lib/results.sh
. "$TOP/tooling/lib/results.sh"

[ $# -eq 0 ] || die "usage: ${0##*/}"
need_packages build-essential
get_rings
need_writable "$RESULTS"
tree=$(tree_id)
rm -f "$RESULTS/coverage.txt"
O=$RING/coverage BASE_RING=$BASE_RING bash "$VRING/coverage.sh" |
	tee "$RESULTS/coverage.txt.new"
mv "$RESULTS/coverage.txt.new" "$RESULTS/coverage.txt"
result_of "$RESULTS/coverage.txt" "$tree"
