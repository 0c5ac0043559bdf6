#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel-doc has nothing to say about the new files, and no more than before
# about the others; MAINTAINERS covers every new file.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=tooling/check/kernel.sh
. "$TOP/tooling/check/kernel.sh"

kernel_doc() {
	(cd "$1" && scripts/kernel-doc -none -Wall "${@:2}" 2>&1 | sed -E 's/:[0-9]+:/:/') || true
}

mapfile -t added < <(tree_git diff --diff-filter=A --name-only base series -- '*.[ch]')
mapfile -t changed < <(tree_git diff --diff-filter=M --name-only base series -- '*.[ch]')
[ "${#added[@]}" -gt 0 ] || fail 'no new files'

found=$(kernel_doc "$LINUX" "${added[@]}")
[ -z "$found" ] || { echo "$found"; fail 'kernel-doc: findings in new files'; }
go_to base
found=$(comm -13 <(kernel_doc "$EACH" "${changed[@]}" | sort) <(kernel_doc "$LINUX" "${changed[@]}" | sort))
[ -z "$found" ] || { echo "$found"; fail 'kernel-doc: new findings'; }

for file in $(tree_git diff --diff-filter=A --name-only base series); do
	(cd "$LINUX" && perl scripts/get_maintainer.pl --no-git --no-git-fallback --subsystem -f "$file") |
		grep -q '^VIRTIO ' || fail "MAINTAINERS: no virtio entry covers $file"
done
say "kernel-doc: ${#added[@]} new and ${#changed[@]} changed files"
