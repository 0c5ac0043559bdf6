#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tests of the calls that mainline has (virtqueue_add_sgs and its siblings)
# pass on the untouched kernel too: they behave as before.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/kernel.sh
. "$TOP/tooling/lib/kernel.sh"

TESTS=drivers/virtio/tests

go_to base
each_git checkout -q series -- "$TESTS"
each_git reset -q
# shellcheck disable=SC2016
echo 'obj-$(CONFIG_VIRTIO_RING_KUNIT_TEST) += tests/' >>"$EACH/drivers/virtio/Makefile"
echo 'source "drivers/virtio/tests/Kconfig"' >>"$EACH/drivers/virtio/Kconfig"
[ ! -e "$EACH/drivers/virtio/virtqueue_buf.c" ] || fail "$EACH is not the untouched kernel"
kunit_kernel parity "$TOP/tooling/guest/parity.config"
