#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every script of ours passes shellcheck, every file names its licence, and no
# file is a kernel file's copy, a build product or a download.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

scripts() {
	local file
	for file in $(our_files); do
		case $file in
		*.sh | .ci/run) echo "$file" ;;
		*) ! head -n 1 "$file" | grep -qE '^#!/bin/(ba)?sh' || echo "$file" ;;
		esac
	done
}

cd "$TOP"
mapfile -t scripts < <(scripts)
[ "${#scripts[@]}" -gt 5 ] || fail "only ${#scripts[@]} scripts found"
shellcheck -x "${scripts[@]}" || fail 'shellcheck has findings'

unlicensed=$(our_files | grep -vE '^(COPYING|README\.md|patches/.*\.patch|\.git(ignore|attributes))$' |
	xargs -r -d '\n' grep -L 'SPDX-License-Identifier: GPL-2.0' || true)
[ -z "$unlicensed" ] || fail "no SPDX line: ${unlicensed//$'\n'/ }"

large=$(our_files | xargs -r -d '\n' -I{} find {} -size +1000k)
[ -z "$large" ] || fail "too large to be ours: $large"

say "${#scripts[@]} scripts, $(our_files | wc -l) files"
