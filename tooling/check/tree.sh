#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The series assembles, each patch without fuzz, to the commits it was made from.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

"$TOP/tooling/tree.sh"
[ -z "$(git -C "$LINUX" -c safe.directory='*' diff --stat HEAD)" ] || fail "$LINUX differs from its HEAD"
say "$(git -C "$LINUX" -c safe.directory='*' rev-list --count base..series) patches"
