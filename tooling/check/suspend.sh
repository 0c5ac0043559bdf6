#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A guest whose persistent memory takes flushes after its devices have been suspended
# and resumed (pm_test). What the other drivers do then is for KUnit (virtio_probe).

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

"$TOP/tooling/build.sh"
RESULTS=$RESULTS/check/suspend MEMORY=1G LIMIT=${LIMIT:-300} \
	GUEST_CMDLINE='suspend.pm_test_delay=1' \
	"$TOP/tooling/boot.sh" "$TOP/tooling/guest/suspend.devices"
