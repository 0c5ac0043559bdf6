#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The series assembles, each patch without fuzz, to the commits it was made from.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=tooling/series.sh
. "$TOP/tooling/series.sh"

"$TOP/tooling/tree.sh"
[ -z "$(kgit diff --stat HEAD)" ] || fail "$LINUX differs from its HEAD"
say "$(kgit rev-list --count base..series) patches"
