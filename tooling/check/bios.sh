#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the block layer hands to virtio_blk: bios of many bvecs and of one, merged
# ones, and clones of the device mapper; with few segments, with more than the ring
# has descriptors, and on rings that are full, so that requests are tried again.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

need_packages dmsetup
"$TOP/tooling/build.sh"
RESULTS=$RESULTS/check/bios MEMORY=3G \
	GUEST_QEMU='-device intel-iommu' GUEST_CMDLINE='intel_iommu=on' \
	"$TOP/tooling/boot.sh" "$TOP/tooling/guest/bios.devices"
