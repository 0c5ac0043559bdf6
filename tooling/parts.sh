# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by mail-series.sh and check/parts.sh: the parts of the series that can be
# posted one after the other.  Needs series.sh.
#
# They are the files of patches/cover (or of patches/<base>/cover, if a base needs
# its own), in the order of their names.  Each is a cover letter, and names the
# subject of the First patch of its part; of several such lines one that this base
# has.  So refresh, which renumbers patches, leaves them alone.

COVERS=$PATCHES/cover
[ -d "$COVERS" ] || COVERS=$TOP/patches/cover
PART_NAMES=()			# in order
declare -A FROM TO		# of a part: the commit before it, and its last one

# head_of PART KEY: lines 'KEY: value' before the first empty line of its cover
head_of() {
	sed -n "/^\$/q; s/^$2: //p" "$COVERS/$1"
}

# commit_of SUBJECT: the commit of the series with it
commit_of() {
	kgit log --format='%H %s' base..series |
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
		first=$previous
		if [ -n "$last" ]; then
			first=$(first_of "$part")
			[ -n "$first" ] ||
				die "$COVERS/$part: no patch \"$(head_of "$part" First | head -n 1)\" in $BASE"
			first=$(kgit rev-parse "$first^")
			[ "$(kgit rev-list --count "$previous..$first")" -gt 0 ] ||
				die "$COVERS/$part: begins before the part $last does"
			TO[$last]=$first
		fi
		FROM[$part]=$first
		PART_NAMES+=("$part")
		last=$part
		previous=$first
	done
	[ -n "$last" ] || die "no cover letters in $COVERS"
	TO[$last]=$(kgit rev-parse series)
}

patches_of() {
	kgit rev-list --count "${FROM[$1]}..${TO[$1]}"
}
