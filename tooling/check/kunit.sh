#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The KUnit suites, in the kernel that make boot boots.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

"$TOP/tooling/build.sh"
"$TOP/tooling/kunit.sh"
