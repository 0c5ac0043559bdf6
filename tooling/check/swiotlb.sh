#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Devices whose every piece is bounced (swiotlb=force).  First one of every kind,
# with a buffer that is large enough.  Then disks, with one of 2 MiB, which is full most
# of the time: a mapping that fails must make virtio_blk and the SCSI layer try again
# later, without an I/O error.  Nothing is lost.  (No network card there: what it
# receives into is mapped for good, and soon no 256 KiB are left in one piece for a disk,
# whatever the driver does.)

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

# bounced NAME KIB PARAMETERS: all devices of NAME.devices pass
bounced() {
	RESULTS=$RESULTS/check/$1 MEMORY=3G \
		GUEST_CMDLINE="swiotlb=$(($2 / 2)),force $3" \
		"$TOP/tooling/boot.sh" "$TOP/tooling/guest/$1.devices"
}

# nomem NAME: "DEVICE N", how many of its buffers could not be mapped
nomem() {
	tr -d '\r' <"$RESULTS/check/$1/boot/report" | awk '
		$2 == "address" { name[$3] = $1; n[$1] = 0 }
		$2 == "nomem" { n[name[$3]] += $4 }
		END { for (device in n) print device, n[device] }' | sort
}

# devices NAME: how many
devices() { rows "$TOP/tooling/guest/$1.devices" | wc -l; }

need_packages sg3-utils kcapi-tools openssl
"$TOP/tooling/build.sh"
# DMA_API_DEBUG, which the guest below has, complains of the untouched drivers: events of
# virtio_input and virtio_scsi share cache lines, and a big packet and its header do
bounced bounced $((256 << 10)) 'dma_debug=off virtio_blk.poll_queues=1'
! grep 'swiotlb buffer is full' "$RESULTS/check/bounced/boot/console.log" ||
	fail 'the large bounce buffer was full'
bounced swiotlb 2048 ''
failures=$(nomem swiotlb)
! grep ' 0$' <<<"$failures" || fail 'all its mappings worked: nothing was tested'
say "$(devices bounced) devices with all bounced; $(devices swiotlb) disks keep their data while the buffer is full:" \
	"mappings failed for$(awk '{ printf "%s %s %s", sep, $1, $2; sep = "," }' <<<"$failures")"
