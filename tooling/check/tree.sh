#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The series assembles, each patch without fuzz, to the commits it was made from.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"

"$TOP/tooling/tree.sh"
[ -z "$(kgit diff --stat HEAD)" ] || fail "$LINUX differs from its HEAD"
say "$(kgit rev-list --count base..series) patches"
