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
"$TOP/tooling/check.sh" sanitizers boot-each || exit $?
exit "$status"
