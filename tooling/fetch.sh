#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: fetch.sh
#
# Gets the kernel source of BASE, and prints its path.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/fetch.sh
. "$TOP/tooling/lib/fetch.sh"

check_base
find_source
[ -z "$KERNEL_SRC" ] || check_given
say "$SOURCE"
