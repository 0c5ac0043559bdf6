#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# quilt pushes what make quilt writes, without fuzz, onto the files of the
# untouched kernel; the outcome is that of branch series, and pops off again.
# With WHOLE=1 on all files of the source, not only on those that are touched.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"

need_packages quilt
SCRATCH=$(mktemp -d "$BUILD/quilt.XXXXXX")
trap 'rm -rf "$SCRATCH"' EXIT
WHOLE=${WHOLE:-}
PATCHES_DIR=$O/quilt/$BASE/debian/patches

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

# fresh_tree: the files of base, without quilt
fresh_tree() {
	rm -rf "$SCRATCH/tree"
	cp -a "$SCRATCH/base" "$SCRATCH/tree"
}

# one_by_one COMMAND...: takes a patch at a time from stdin, as Arch does
one_by_one() {
	local name
	fresh_tree
	while read -r name; do
		(cd "$SCRATCH/tree" && "$@") <"$PATCHES_DIR/$name" >&2 || fail "$1 does not take $name"
	done <"$PATCHES_DIR/series"
	same_as series "$1, one by one"
}

# in_one_file COMMAND...: takes all of them in one file, as OpenWrt and Fedora do
in_one_file() {
	fresh_tree
	(cd "$SCRATCH/tree" && sed "s|^|$PATCHES_DIR/|" "$PATCHES_DIR/series" | xargs -d '\n' cat | "$@") ||
		fail "$1 does not take all patches in one file"
	same_as series "$1, in one file"
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
one_by_one patch -s -F0 -p1 -N
one_by_one patch -p1 -f -s -g0 --no-backup-if-mismatch	# Gentoo's eapply
in_one_file patch -s -F0 -p1 -f
in_one_file env GIT_CEILING_DIRECTORIES="$SCRATCH" git apply --whitespace=error
say "quilt push -a --fuzz=0: $(wc -l <"$PATCHES_DIR/series") patches, $(find "$SCRATCH/base" -type f | wc -l) files, and off again; patch and git apply do too"
