#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: check-all.sh
#
# What make check does, and then what takes longer.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

status=0
"$TOP/tooling/check.sh" || status=$?
SEQUENCES=${SEQUENCES:-100000000} DEPTH=${DEPTH:-7} FUZZ_SECONDS=${FUZZ_SECONDS:-3600} \
	"$TOP/tooling/check.sh" sanitizers boot-each parts deb bench-guest mutants ring fuzz || exit $?
exit "$status"
