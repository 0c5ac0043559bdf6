#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: mutants.sh [NAME...]
#
# Faults put into the ring on purpose (tools/virtio/vring/mutants): do the tests
# in user space find them?  At least 95 % must be found.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/ring.sh
. "$TOP/tooling/lib/ring.sh"

need_packages build-essential
get_rings
O=$RING/mutants BASE_RING=$BASE_RING exec bash "$VRING/mutants.sh" "$@"
