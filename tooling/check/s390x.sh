#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# s390x: the KUnit suites, and real I/O through every device, in a guest of that
# architecture.

export ARCH=s390x
# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

"$TOP/tooling/build.sh"
"$TOP/tooling/kunit.sh"
"$TOP/tooling/boot.sh"
