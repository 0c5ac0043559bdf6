#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The checks in which a guest runs pass on a machine that is busy, too: each of them
# five times.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

N=${N:-5} "$TOP/tooling/check-often.sh"
