#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Disks, SCSI adapters and network cards are unplugged while they are busy, and
# plugged in again; queues are reset under traffic; meanwhile half of the indirect
# tables fail to be allocated.  No hang, no lost data, an error that a program can read, and
# nothing leaked: no memory (kmemleak), and no mapping when a device goes
# (DMA_API_DEBUG warns, and a warning ends the guest).  That mappings fail is in
# check swiotlb.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

export RESULTS=$RESULTS/check/stress

# said WHAT KEY: a number in the guest's report
said() { tr -d '\r' <"$RESULTS/boot/report" | sed -n "s/^$1 $2 //p"; }

need_packages ethtool
"$TOP/tooling/build.sh"
MEMORY=3G GUEST_FACTS='failslab=50 kmemleak=on' \
	GUEST_QEMU='-device intel-iommu' GUEST_CMDLINE='intel_iommu=on kmemleak=on' \
	"$TOP/tooling/boot.sh" "$TOP/tooling/guest/stress.devices"

tables=$(said failslab tables) leaks=$(said kmemleak leaks)
[ "${tables:-0}" -ge 200 ] || fail "only ${tables:-no} tables failed to be allocated"
[ "$leaks" = 0 ] || fail "${leaks:-nobody counted} leaks, see $RESULTS/boot/console.log"
say "nothing lost or leaked; $tables tables could not be allocated"
