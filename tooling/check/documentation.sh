#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel-doc has nothing to say about the new files, and no more than before
# about the others; the pages build without a new warning; MAINTAINERS covers
# every new file.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/kernel.sh
. "$TOP/tooling/lib/kernel.sh"

kernel_doc() {
	(cd "$1" && scripts/kernel-doc -none -Wall "${@:2}" 2>&1 | sed -E 's/:[0-9]+([: ])/:\1/') || true
}

mapfile -t added < <(kgit diff --diff-filter=A --name-only base series -- '*.[ch]')
mapfile -t changed < <(kgit diff --diff-filter=M --name-only base series -- '*.[ch]')
[ "${#added[@]}" -gt 0 ] || fail 'no new files'

found=$(kernel_doc "$LINUX" "${added[@]}")
[ -z "$found" ] || { echo "$found"; fail 'kernel-doc: findings in new files'; }
go_to base
found=$(comm -13 <(kernel_doc "$EACH" "${changed[@]}" | sort) <(kernel_doc "$LINUX" "${changed[@]}" | sort))
[ -z "$found" ] || { echo "$found"; fail 'kernel-doc: new findings'; }

# html_warnings COMMIT: what Sphinx and kernel-doc say about the virtio pages
html_warnings() {
	local log=$SCRATCH/html.$1
	go_to "$1"
	# Debian's Sphinx wants Debian's python
	PATH=/usr/bin:$PATH make -C "$EACH" htmldocs SPHINXDIRS=driver-api/virtio \
		BUILDDIR="$SCRATCH/output.$1" >"$log" 2>&1 || { tail "$log" >&2; return 1; }
	[ -s "$SCRATCH/output.$1/driver-api/virtio/index.html" ] || return 1
	grep -E 'WARNING|ERROR|warning:' "$log" | sed "s|$EACH/||; s/:[0-9]*: /: /" | sort || true
}

need_packages python3-sphinx
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT
html_warnings base >"$SCRATCH/before" || fail 'htmldocs of the untouched kernel'
html_warnings series >"$SCRATCH/after" || fail 'htmldocs'
[ -s "$SCRATCH/output.series/driver-api/virtio/buffers.html" ] || fail 'no page buffers.html'
found=$(comm -13 "$SCRATCH/before" "$SCRATCH/after")
[ -z "$found" ] || { echo "$found"; fail 'htmldocs: new warnings'; }

for file in $(kgit diff --diff-filter=A --name-only base series); do
	(cd "$LINUX" && perl scripts/get_maintainer.pl --no-git --no-git-fallback --subsystem -f "$file") |
		grep -q '^VIRTIO ' || fail "MAINTAINERS: no virtio entry covers $file"
done
say "kernel-doc: ${#added[@]} new and ${#changed[@]} changed files; the pages build"
