# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by mail-series.sh and check/parts.sh: the parts of the series that can be
# posted one after the other.  Needs series.sh.
#
# They are the files of patches/cover (or of patches/<base>/cover, if a base needs
# its own), in the order of their names.  Each is a cover letter, and names the
# subject of the First patch of its part; of several such lines one that this base
# has.  So refresh, which renumbers patches, leaves them alone.
#
# Patches before the first part are fixes.  Each applies without the series, and
# goes to the list of its subsystem: those of one list are a part without a cover
# letter, on top of base.

COVERS=$PATCHES/cover
[ -d "$COVERS" ] || COVERS=$TOP/patches/cover
SERIES=series			# the commits that are cut into parts
PART_NAMES=()			# in order
FIX_NAMES=()			# those of fixes
declare -A PART_BASE PART_TIP	# of a part: the commit before it, and its last one

# head_of PART KEY: lines 'KEY: value' before the first empty line of its cover
head_of() {
	sed -n "/^\$/q; s/^$2: //p" "$COVERS/$1"
}

# commit_of SUBJECT: the commit of the series with it
commit_of() {
	kgit log --format='%H %s' "base..$SERIES" |
		awk -v subject="$1" '{ commit = $1; sub(/^[^ ]* /, "") } $0 == subject { print commit }'
}

# first_of PART: its first commit; none if this base has no patch of that name
first_of() {
	local subject commit
	while read -r subject; do
		commit=$(commit_of "$subject")
		[ -z "$commit" ] || { echo "$commit"; return; }
	done < <(head_of "$1" First)
}

# find_parts: which commits are in which part
find_parts() {
	local part first last='' previous
	previous=$(kgit rev-parse base)
	for part in "$COVERS"/*; do
		part=${part##*/}
		[ -n "$(head_of "$part" Subject)" ] || die "$COVERS/$part: no Subject"
		first=$(first_of "$part")
		[ -n "$first" ] ||
			die "$COVERS/$part: no patch \"$(head_of "$part" First | head -n 1)\" in $BASE"
		first=$(kgit rev-parse "$first^")
		if [ -n "$last" ]; then
			[ "$(kgit rev-list --count "$previous..$first")" -gt 0 ] ||
				die "$COVERS/$part: begins before part $last"
			PART_TIP[$last]=$first
		fi
		PART_BASE[$part]=$first
		PART_NAMES+=("$part")
		last=$part
		previous=$first
	done
	[ -n "$last" ] || die "no cover letters in $COVERS"
	PART_TIP[$last]=$(kgit rev-parse "$SERIES")
	find_fixes "${PART_BASE[${PART_NAMES[0]}]}"
}

# find_fixes LAST: the parts of the fixes up to LAST
find_fixes() {
	local commit part
	for commit in $(kgit rev-list --reverse "base..$1"); do
		part=0-fixes-$(list_of "$commit")
		if [ -z "${PART_BASE[$part]:-}" ]; then
			PART_BASE[$part]=$(kgit rev-parse base)
			PART_TIP[$part]=${PART_BASE[$part]}
			FIX_NAMES+=("$part")
		fi
		PART_TIP[$part]=$(pick "$commit" "${PART_TIP[$part]}")
	done
}

# pick COMMIT PARENT: the same change on PARENT
pick() {
	local index files
	index=$(mktemp -u "$BUILD/index.XXXXXX")
	files=$(
		trap 'rm -f "$index"' EXIT
		# shellcheck disable=SC2030 # others are of other functions
		export GIT_INDEX_FILE=$index
		kgit read-tree "$2"
		kgit diff --no-renames --binary "$1^" "$1" | kgit apply --cached 2>/dev/null ||
			die "\"$(kgit log -1 --format=%s "$1")\" comes before the parts of $COVERS, so it is a fix," \
				'but it does not apply without the others'
		kgit write-tree
	)
	recommit "$1" "$2" "$files"
}

# maintainers_of PATCH...: of the files that it changes, in lines 'NAME <MAIL>
# (ROLE:SUBSYSTEM)'
maintainers_of() {
	[ -f "$LINUX/scripts/get_maintainer.pl" ] ||
		die "$TREE: no scripts/get_maintainer.pl, which is needed to find the recipients"
	(cd "$LINUX" && perl scripts/get_maintainer.pl --no-tree --no-git --no-git-fallback --no-fixes --no-keywords --roles "$@")
}

# list_of COMMIT: the mailing list of its subsystem
list_of() {
	kgit format-patch -1 "${FORMAT[@]}" --stdout "$1" | maintainers_of '&STDIN' |
		awk -F '[@ ]' '
			!/ list/ || $1 == "linux-kernel" { next }
			$1 == "virtualization" { general = 1; next }	# of many virtio drivers
			!list { list = $1 }
			END { print list ? list : general ? "virtualization" : "linux-kernel" }'
}

patches_of() {
	kgit rev-list --count "${PART_BASE[$1]}..${PART_TIP[$1]}"
}
