#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# All suites once more, with the ring built with DEBUG: START_USE() and END_USE()
# panic when operations on a queue overlap.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/kernel.sh
. "$TOP/tooling/lib/kernel.sh"

go_to series
# the suite that makes operations overlap has to know
kunit_kernel debug /dev/null CFLAGS_virtio_ring.o=-DDEBUG CFLAGS_virtio_ring_interrupted_kunit.o=-DDEBUG
# no pipe: grep ends as soon as it has found it, and nm would fail
grep -qw panic < <(nm "$KUNIT_OBJ/drivers/virtio/virtio_ring.o") || fail 'virtio_ring.o was built without DEBUG'
