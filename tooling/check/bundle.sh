#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A repository that has tag base, and nothing else of ours, takes the bundle of make
# bundle, and gets branch series from it; one without base is told what it lacks.  With
# KERNEL_SRC= a git tree the commits are on that tree's own HEAD.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"

SCRATCH=$(mktemp -d "$BUILD/bundle.XXXXXX")
trap 'rm -rf "$SCRATCH"' EXIT
BUNDLE=$O/bundle/$BASE.bundle

# in_git NAME ARGUMENT...: git in $SCRATCH/NAME; what it says is in $SCRATCH/log
in_git() {
	GIT_CONFIG_GLOBAL=/dev/null git -c user.name=user -c user.email=user@example.org -c safe.directory='*' \
		-C "$SCRATCH/$1" "${@:2}" 2>"$SCRATCH/log"
}

new_git() {
	mkdir "$SCRATCH/$1"
	in_git "$1" init -q
}

# takes NAME BUNDLE BELOW: that repository has the commit BELOW, and fetches series
takes() {
	in_git "$1" bundle verify "$2" >"$SCRATCH/said" || { cat "$SCRATCH/log"; fail "git bundle verify: $1"; }
	grep -qx "$3 *.*" <(sed -n '/requires/,$p' "$SCRATCH/said") ||
		{ cat "$SCRATCH/said"; fail "the bundle does not require $3"; }
	in_git "$1" fetch -q "$2" series:series || { cat "$SCRATCH/log"; fail "git fetch from the bundle: $1"; }
	[ "$(in_git "$1" rev-list --count "$3..series")" = "$(series_patches "$PATCHES/series" | wc -l)" ] ||
		fail "$1: not one commit for each patch"
}

# refused NAME BUNDLE: a bundle that does not suit, or is broken
refused() {
	! { in_git "$1" bundle verify "$2" && in_git "$1" fetch -q "$2" series:broken; } >/dev/null ||
		fail "$1: ${2##*/} was taken"
}

# on_base: a copy of base alone
on_base() {
	"$TOP/tooling/bundle.sh"
	new_git copy
	in_git copy fetch -q --no-tags "file://$LINUX" refs/tags/base:refs/tags/base ||
		{ cat "$SCRATCH/log"; fail 'base cannot be fetched'; }
	head -c -100 "$BUNDLE" >"$SCRATCH/short.bundle"
	refused copy "$SCRATCH/short.bundle"
	takes copy "$BUNDLE" "$(kgit rev-parse base)"
	[ "$(in_git copy rev-parse series)" = "$(kgit rev-parse series)" ] || fail 'the bundle has another series'
	new_git empty
	refused empty "$BUNDLE"
}

# on_theirs: a git tree of the user's, of the files that the series touches
on_theirs() {
	local head objects paths path
	new_git theirs
	mapfile -t paths < <(touched | comm -12 - <(kgit ls-tree -r --name-only base | sort))
	kgit archive base -- Makefile "${paths[@]}" | tar -x -C "$SCRATCH/theirs"
	in_git theirs add -A -f
	in_git theirs commit -q -m 'their own'
	head=$(in_git theirs rev-parse HEAD)
	objects=$(in_git theirs count-objects)
	mkdir "$SCRATCH/o"
	O=$SCRATCH/o KERNEL_SRC=$SCRATCH/theirs "$TOP/tooling/bundle.sh"
	[ "$(in_git theirs count-objects)" = "$objects" ] || fail 'objects were left in KERNEL_SRC'
	takes theirs "$SCRATCH/o/bundle/$BASE.bundle" "$head"
	while read -r path; do
		[ "$(in_git theirs rev-parse "series:$path")" = "$(kgit rev-parse "series:$path")" ] ||
			fail "the bundle has another $path"
	done < <(kgit diff --no-renames --diff-filter=d --name-only base series)
}

on_base
on_theirs
say "a repository with base gets $(kgit rev-list --count base..series) commits from the bundle, one without is refused; KERNEL_SRC= keeps its own HEAD"
