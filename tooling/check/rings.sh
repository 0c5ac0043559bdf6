#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every ring under the drivers that carry the data, some of them behind the
# emulated IOMMU of Intel, so that the DMA API has something to do.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

"$TOP/tooling/build.sh"
RESULTS=$RESULTS/check/rings MEMORY=3G \
	GUEST_QEMU='-device intel-iommu' GUEST_CMDLINE='intel_iommu=on' \
	"$TOP/tooling/boot.sh" "$TOP/tooling/guest/ring.devices"
