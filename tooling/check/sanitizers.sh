#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# All suites in a kernel with KASAN and UBSAN.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=tooling/check/kernel.sh
. "$TOP/tooling/check/kernel.sh"

go_to series
kunit_kernel sanitizers "$TOP/tooling/guest/sanitizers.config"
