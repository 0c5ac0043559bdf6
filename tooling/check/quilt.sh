#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# quilt pushes what make quilt writes, without fuzz, onto the files of the
# untouched kernel; the outcome is that of branch series, and pops off again.
# With WHOLE=1 on all files of the source, not only on those that are touched.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=tooling/series.sh
. "$TOP/tooling/series.sh"

need_packages quilt
SCRATCH=$(mktemp -d "$BUILD/quilt.XXXXXX")
trap 'rm -rf "$SCRATCH"' EXIT
WHOLE=${WHOLE:-}

# extract COMMIT DIR: the files of COMMIT that the series touches
extract() {
	mkdir "$2"
	if [ -n "$WHOLE" ]; then
		kgit archive "$1"
	else
		kgit diff --no-renames --name-only base series |
			xargs -d '\n' git -c safe.directory='*' -C "$LINUX" ls-tree -r --name-only "$1" |
			xargs -d '\n' git -c safe.directory='*' -C "$LINUX" archive "$1" --
	fi | tar -x -C "$2"
}

quilted() {
	(cd "$SCRATCH/tree" && QUILT_PATCHES=debian/patches HOME=$SCRATCH quilt --quiltrc - "$@") \
		>"$SCRATCH/log" 2>&1 || { tail "$SCRATCH/log"; fail "quilt $* fails"; }
}

# same_as COMMIT COMMAND: quilt's backup of an empty file means that there was none,
# so empty files do not come back; they do not count
same_as() {
	diff <(picture "$SCRATCH/$1") <(picture "$SCRATCH/tree") >"$SCRATCH/diff" ||
		{ head "$SCRATCH/diff"; fail "after $2 the files are not those of $1"; }
}

picture() {
	(cd "$1" && find . \( -name .pc -o -path ./debian/patches \) -prune -o \
		-type f -size +0 -exec sha256sum {} + | sort)
}

# plain_patch HOW OPTION: as packages without quilt do
plain_patch() {
	local dir=$O/quilt/$BASE/debian/patches name
	rm -rf "$SCRATCH/tree"
	cp -a "$SCRATCH/base" "$SCRATCH/tree"
	while read -r name; do
		if [ "$1" = 'in one file' ]; then
			cat "$dir/$name"
		else
			patch -d "$SCRATCH/tree" -s -F0 -p1 "$2" <"$dir/$name" >&2 || fail "patch $2 does not take $name"
		fi
	done <"$dir/series" >"$SCRATCH/one"
	[ ! -s "$SCRATCH/one" ] || patch -d "$SCRATCH/tree" -s -F0 -p1 "$2" <"$SCRATCH/one" ||
		fail "patch $2 does not take all patches in one file"
	same_as series "patch $2, $1"
}

"$TOP/tooling/quilt.sh"
extract base "$SCRATCH/tree"
cp -r "$O/quilt/$BASE/debian" "$SCRATCH/tree/"
extract base "$SCRATCH/base"
extract series "$SCRATCH/series"
quilted push -a --fuzz=0
! grep -E '^Hunk .*(fuzz|offset)' "$SCRATCH/log" || fail 'a hunk did not apply where it belongs'
same_as series 'quilt push -a'
quilted pop -a
same_as base 'quilt pop -a'
plain_patch 'one by one' -N
plain_patch 'in one file' -f
say "quilt push -a --fuzz=0: $(wc -l <"$O/quilt/$BASE/debian/patches/series") patches, $(find "$SCRATCH/base" -type f | wc -l) files, and off again; patch does too"
