#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Assemble, then refresh: not a byte of the repository changes.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

# Name and contents of all that git sees here
state() {
	cd "$TOP"
	our_files | sort |
		xargs -r -d '\n' sha256sum --
}

"$TOP/tooling/tree.sh"
before=$(state)
"$TOP/tooling/refresh.sh"
diff <(echo "$before") <(state) || fail 'make tree refresh changes the repository'
say "$(wc -l <<<"$before") files are as they were"
