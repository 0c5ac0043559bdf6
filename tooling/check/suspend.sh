#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A guest whose devices are used, suspended and resumed (pm_test: the system stays
# awake), and used again.  What drivers do when they cannot be restored is for KUnit
# (virtio_probe).

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

"$TOP/tooling/build.sh"
RESULTS=$RESULTS/check/suspend GUEST_FACTS='suspend=yes' \
	GUEST_CMDLINE='suspend.pm_test_delay=1' \
	"$TOP/tooling/boot.sh" "$TOP/tooling/guest/suspend.devices"
