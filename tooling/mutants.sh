#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: mutants.sh [NAME...]
#
# Faults put into the ring on purpose (tools/virtio/vring/mutants): do the tests
# in user space find them?  At least 95 % must be found.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tooling/ring.sh
. "$TOP/tooling/ring.sh"

need_packages build-essential
get_rings
O=$RING/mutants BASE_RING=$BASE_RING exec bash "$VRING/mutants.sh" "$@"
