#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Disks whose every piece is bounced, through a buffer of 2 MiB that is full most
# of the time.  A mapping that fails must make virtio_blk try again later: no I/O
# error, no data lost.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

export RESULTS=$RESULTS/check/swiotlb
"$TOP/tooling/build.sh"
GUEST_CMDLINE='swiotlb=1024,force' "$TOP/tooling/boot.sh" "$TOP/tooling/guest/swiotlb.devices"
full=$(grep -c 'swiotlb buffer is full' "$RESULTS/boot/console.log" || true)
[ "$full" -gt 0 ] || fail 'the bounce buffer never was full: nothing was tested'
say "4 disks keep their data; the bounce buffer was full ($full messages, rate-limited)"
