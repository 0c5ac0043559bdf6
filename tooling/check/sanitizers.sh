#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# All suites in a kernel with KASAN and UBSAN.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/kernel.sh
. "$TOP/tooling/lib/kernel.sh"

go_to series
kunit_kernel sanitizers "$TOP/tooling/guest/sanitizers.config"
