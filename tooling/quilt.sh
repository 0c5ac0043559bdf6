#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: quilt.sh
#
# Writes $O/quilt/<base>: the series as Debian's linux source package has its
# patches: debian/patches/series, and the files that it names.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"

OUT=$O/quilt/$BASE
NEW=$OUT.new
UNDER=features/all/virtio-buffers	# debian/patches has its own of this kind there

main() {
	local name commit
	check_base
	need_patches
	"$TOP/tooling/tree.sh"
	one_at_a_time make
	refuse_unwritten
	trap 'rm -rf "$NEW"' EXIT
	rm -rf "$NEW"
	mkdir -p "$NEW/debian/patches/$UNDER" || die "cannot write to $NEW"
	while read -r name commit; do
		kgit format-patch -1 "${FORMAT[@]}" --stdout --zero-commit --no-numbered "$commit" \
			>"$NEW/debian/patches/$UNDER/$name"
		echo "$UNDER/$name" >>"$NEW/debian/patches/series"
	done < <(paste -d ' ' <(series_patches "$PATCHES/series") <(kgit rev-list --reverse base..series))
	rm -rf "$OUT"
	mv "$NEW" "$OUT"
	say "${OUT#"$PWD/"}/debian/patches: $(wc -l <"$OUT/debian/patches/series") patches"
}

main "$@"
