#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The guest of make boot: real I/O through every device.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

"$TOP/tooling/build.sh"
"$TOP/tooling/boot.sh"
