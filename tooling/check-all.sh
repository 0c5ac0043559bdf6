#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: check-all.sh
#
# What make check does, longer, and what takes long at all; the results of all of it
# stand together.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

SEQUENCES=${SEQUENCES:-100000000} DEPTH=${DEPTH:-7} FUZZ_SECONDS=${FUZZ_SECONDS:-3600} \
	exec "$TOP/tooling/check.sh" all
