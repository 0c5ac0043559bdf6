#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What x86_64 has not, compiled with W=1 and sparse's endian checks: the driver that
# only User-mode Linux has, and those of every day on a big-endian machine, s390x.
# No warning that the untouched kernel does not give.  Objects only.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/check/sparse.sh
. "$TOP/tooling/check/sparse.sh"

need_packages gcc-s390x-linux-gnu sparse
"$TOP/tooling/tree.sh"
mapfile -t um < <(touched um base series)
[ "${#um[@]}" -gt 0 ] || fail 'no driver of User-mode Linux is changed'
compare um "$RESULTS/check/cross" "${um[@]}"
compare s390 "$RESULTS/check/cross" drivers/block/virtio_blk.o drivers/net/virtio_net.o \
	drivers/scsi/virtio_scsi.o
grep -q 'big endian' < <(readelf -h "$(objects_in s390)/drivers/virtio/virtio_ring.o") ||
	fail 'virtio_ring.o is not big-endian'
say "$COUNT files for um and s390x, no new warning$WITHOUT"
