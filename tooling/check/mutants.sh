#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Each fault of tools/virtio/vring/mutants, put into the ring on purpose, is found.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

"$TOP/tooling/mutants.sh"
