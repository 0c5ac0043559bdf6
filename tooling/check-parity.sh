#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: check-parity.sh
#
# The checks that put the untouched kernel beside the patched one.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

"$TOP/tooling/check.sh" tree parity
