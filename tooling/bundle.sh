#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: [KERNEL_SRC=git-tree] bundle.sh
#
# Writes $O/bundle/<base>.bundle: a git bundle with branch series, for those who have
# the commit below it.  That is tag base, which make tree makes of the same source
# everywhere; or, if KERNEL_SRC is a git tree, the commit that is checked out there.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"
# shellcheck source=tooling/lib/fetch.sh
. "$TOP/tooling/lib/fetch.sh"

OUT=$O/bundle/$BASE.bundle

# on_their_head: BELOW is HEAD of KERNEL_SRC, with branch series on it in a repository
# that borrows its objects: nothing is written to KERNEL_SRC
on_their_head() {
	local tip
	BELOW=$(foreign_git rev-parse HEAD)
	KGIT_DIR=$SCRATCH/git KNOWN=
	kgit_init
	tip=$(build_series "$PATCHES" "$TOP" "$BELOW" 2>"$SCRATCH/errors") ||
		die "KERNEL_SRC=$KERNEL_SRC: $(sed -e 's/^error: //' -e 1q "$SCRATCH/errors")$(newer_note "$(given_makefile | kernel_version)")"
	kgit update-ref refs/heads/series "$tip"
}

kgit_init() {
	mkdir "$KGIT_DIR"
	kgit init -q --bare
	realpath "$(foreign_git rev-parse --path-format=absolute --git-path objects)" >"$KGIT_DIR/objects/info/alternates"
}

on_base() {
	"$TOP/tooling/tree.sh"
	one_at_a_time make
	refuse_unwritten
	BELOW=$(kgit rev-parse base)
}

main() {
	check_base
	check_series
	need_patches
	need_packages git
	[ -z "$KERNEL_SRC" ] || find_given
	need_writable "${OUT%/*}"
	need_writable "$BUILD"
	new_scratch
	trap 'rm -rf "$SCRATCH" "$OUT.new"' EXIT
	if [ "${SOURCE_KIND:-}" = git ]; then
		check_given
		on_their_head
	else
		on_base
	fi
	kgit bundle create -q "$OUT.new" "$BELOW..series" || die "cannot write $OUT"
	mv "$OUT.new" "$OUT"
	say "${OUT#"$PWD/"}: branch series, $(kgit rev-list --count "$BELOW..series") commits, on top of $BELOW"
}

main "$@"
