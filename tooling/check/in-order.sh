#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In-order rings under the drivers that carry the data, where kernel and QEMU have
# them: Linux 7.3 and QEMU 10 (QEMU= names another than the machine's).

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/guest/qemu.sh
. "$TOP/tooling/guest/qemu.sh"

# skip WHY: what else covers these rings
skip() {
	echo "$*: in-order rings in KUnit and in user space only"
	exit 77
}

need_packages qemu-system-x86 qemu-system-common
check_qemu
"$TOP/tooling/tree.sh"
grep -q VIRTIO_F_IN_ORDER "$LINUX/drivers/virtio/virtio_ring.c" || {
	echo "Linux $BASE has no in-order rings"
	exit 77
}
properties=$("$QEMU" -device virtio-blk-pci,help) || die "$QEMU knows no virtio-blk-pci"
grep -qw in_order <<<"$properties" || skip "QEMU $QEMU_VERSION has no in-order devices"
devices=$TOP/tooling/guest/in-order.devices
without=
# With QEMU 10.0 disks hang, with the untouched kernel too: requests that are done in
# another order get lost in its virtqueue_ordered_fill(), we think (6fcf5ebafad6 there)
if ! qemu_since 10.1; then
	mkdir -p "$RESULTS/check"
	grep -vE 'virtio_(blk|scsi)' "$devices" >"$RESULTS/check/in-order.devices"
	devices=$RESULTS/check/in-order.devices
	without="; no disks, which hang with QEMU $QEMU_VERSION"
fi
"$TOP/tooling/build.sh"
RESULTS=$RESULTS/check/in-order MEMORY=2G "$TOP/tooling/boot.sh" "$devices"
say "$(rows "$devices" | wc -l) devices with in-order rings pass$without"
