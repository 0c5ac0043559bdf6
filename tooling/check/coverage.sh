#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tests in user space reach at least 96 % of the ring's lines and 90 % of its
# branches, and the rest is named.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

"$TOP/tooling/coverage.sh"
say "$(awk '/ lines, / { printf "%s%s: %s %% of lines, %s %% of branches", n++ ? "; " : "", $1, $6, $12 }' \
	"$RESULTS/coverage.txt")"
