#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A device of every kind that QEMU has and we have a driver for, in one guest; and
# the network in every mode.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

need_packages sg3-utils kcapi-tools openssl iproute2
[ -x /usr/lib/qemu/virtiofsd ] || need_packages virtiofsd
"$TOP/tooling/build.sh"
RESULTS=$RESULTS/check/devices MEMORY=3G \
	GUEST_CMDLINE='virtio_blk.poll_queues=1' "$TOP/tooling/boot.sh" "$TOP/tooling/guest/more.devices"
