#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A guest whose devices are used, suspended and resumed (pm_test: the system stays
# awake), and used again.  What drivers do when they cannot be restored is for KUnit
# (virtio_probe).

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

# Linux 7.3 asks a serial device for the state of its ports before there is a buffer for
# the answer, untouched too: a port that was open never can be written to again.
devices=$(mktemp)
trap 'rm -f "$devices"' EXIT
grep -v "^$([ "$BASE" = 7.3 ] && echo serial || echo '#')" "$TOP/tooling/guest/suspend.devices" >"$devices"

"$TOP/tooling/build.sh"
RESULTS=$RESULTS/check/suspend GUEST_FACTS='suspend=yes' \
	GUEST_CMDLINE='suspend.pm_test_delay=1' \
	"$TOP/tooling/boot.sh" "$devices"
