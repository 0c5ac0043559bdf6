#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: refresh.sh
#
# Writes patches/<base> and the new files back from the commits on branch series
# of $LINUX.  What is written assembles to the same commits again; that is
# checked before the first file of the repository changes.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tooling/series.sh
. "$TOP/tooling/series.sh"

FORMAT+=(--stdout --always --zero-commit --no-numbered --no-thread --no-base)
NAME_LENGTH=60		# of a patch file, at most, without number and suffix

declare -A BROUGHT	# the commit that brought a new file: BROUGHT[path]
WRITTEN=0 REMOVED=0

subject_of() {
	kgit log -1 --format='%h ("%s")' "$1"
}

# check_tree: there is something to write back, and only that
check_tree() {
	local work changed=''
	[ -n "$(stamp_get tip)" ] || die "no tree at $TREE: run 'make tree' first"
	[ "$(kgit symbolic-ref -q HEAD)" = refs/heads/series ] ||
		die "$TREE: branch series is not checked out (a rebase under way?)"
	work=$(local_work untracked)
	case $work in
	*uncommitted* | *untracked*) die "$TREE has ${work#commits on series, }: commit or remove them first" ;;
	esac
	# '-' is left by a refresh that was killed while it wrote
	[ "$(stamp_get inputs)" = - ] || [ "$(inputs)" = "$(stamp_get inputs)" ] || changed=1
	[ -z "$changed" ] ||
		die "patches/$BASE or the new files have changed since the tree was made:" \
			"${work:+set one side aside, for $TREE has $work; else }run 'make tree' first"
	kgit merge-base --is-ancestor base series || die "$TREE: series is not on top of tag base"
}

# check_messages: nothing that a mail or the person who posts it would object to
check_messages() {
	local commit
	commit=$(kgit rev-list --min-parents=2 -1 base..series)
	[ -z "$commit" ] || die "$(subject_of "$commit") is a merge: rebase instead"
	commit=$(kgit rev-list -1 -i --grep='^signed-off-by:' base..series)
	[ -z "$commit" ] ||
		die "$(subject_of "$commit") has a Signed-off-by: that is for the person who posts it"
}

# new_file COMMIT MODE BLOB PATH: COMMIT brings PATH, which base does not have
new_file() {
	local commit=$1 mode=$2 blob=$3 path=$4
	[[ $path != *$'\n'* ]] || die "strange file name: ${path@Q}"
	case $mode in
	100644 | 100755) ;;
	*) die "$(subject_of "$commit") brings $path, which is no plain file" ;;
	esac
	case ${path%%/*} in
	tooling | patches | build | .ci | .git* | README* | Makefile | COPYING)
		die "$(subject_of "$commit") brings $path, which is a path of this repository's own" ;;
	esac
	BROUGHT[$path]=$commit
	NEW_FILES+=("$path")
	mkdir -p "$STAGE/files/$(dirname "$path")"
	kgit cat-file blob "$blob" >"$STAGE/files/$path"
	[ "$mode" = 100644 ] || chmod +x "$STAGE/files/$path"
}

# stays_in_patch PATH: a new file that is of this base alone, as code that moved
# is; it stands in the patches like an edit, and later ones may change it
stays_in_patch() {
	grep -qxF "$1" < <(base_get in_patch)
}

# split COMMIT: its new files go to the stage, and their names to NEW_FILES;
# EDITS counts the files of base that it changes
split() {
	local commit=$1 mode blob status path first
	NEW_FILES=()
	EDITS=0
	while read -r -d '' _ mode _ blob status && IFS= read -r -d '' path; do
		first=${BROUGHT[$path]:-}
		[ -z "$first" ] ||
			die "$(subject_of "$commit") changes $path, which $(subject_of "$first") brings:" \
				"a new file enters whole, so make it a fixup (git commit --fixup=${first:0:12})"
		if [ "$status" = A ] && ! kgit cat-file -e "base:$path" 2>/dev/null &&
			! stays_in_patch "$path"; then
			new_file "$commit" "$mode" "$blob" "$path"
		else
			EDITS=$((EDITS + 1))
		fi
	done < <(kgit diff-tree -r --no-renames --raw --no-abbrev -z --no-commit-id "$commit")
}

# patch_name NUMBER COMMIT: cut between words
patch_name() {
	local name
	name=$(kgit log -1 --format=%f "$2")
	if [ "${#name}" -gt "$NAME_LENGTH" ]; then
		name=${name:0:NAME_LENGTH+1}
		[[ $name != *-* ]] || name=${name%-*}
		name=${name:0:NAME_LENGTH}
	fi
	printf '%04d-%s.patch' "$1" "$name"
}

# format COMMIT: its mail, without NEW_FILES
format() {
	local commit=$1 path paths=()
	if [ "$EDITS" = 0 ]; then
		# nothing is left for a path to select: an empty commit with this message
		commit=$(kgit log -1 --format=%B "$1" | kgit commit-tree -p "$1^" -F - "$1^^{tree}")
	elif [ "${#NEW_FILES[@]}" -gt 0 ]; then
		paths=(-- .)
		for path in "${NEW_FILES[@]}"; do
			paths+=(":(exclude,literal)$path")
		done
	fi
	kgit format-patch -1 "${FORMAT[@]}" "$commit" "${paths[@]}"
}

# stage_commit NUMBER COMMIT OURS: its patch, and its lines of series; OURS is
# the same commit with our identity and date
stage_commit() {
	local name
	split "$2"
	name=$(patch_name "$1" "$2")
	format "$3" >"$STAGE/patches/$name"
	{
		echo "$name"
		[ "${#NEW_FILES[@]}" = 0 ] || printf '+ %s\n' "${NEW_FILES[@]}"
	} >>"$STAGE/patches/series"
}

# stage_series: all of it; TIP is the last commit with our identity and date
stage_series() {
	local commit number=0
	TIP=$(kgit rev-parse base)
	mkdir -p "$STAGE/patches" "$STAGE/files"
	echo '# SPDX-License-Identifier: GPL-2.0' >"$STAGE/patches/series"
	for commit in $(kgit rev-list --reverse --topo-order base..series); do
		number=$((number + 1))
		TIP=$(kgit log -1 --format=%B "$commit" | kgit stripspace |
			kgit commit-tree -p "$TIP" -F - "$commit^{tree}")
		stage_commit "$number" "$commit" "$TIP"
	done
}

# check_stage: what is staged assembles to the same commits
check_stage() {
	local tip a b
	local look="look for a line '---', 'diff -', 'From:' or '[...]' in its message"
	tip=$(build_series "$STAGE/patches" "$STAGE/files" "$(kgit rev-parse base)" 2>"$SCRATCH/errors") ||
		die "$(sed 's/^error: //' "$SCRATCH/errors" | head -n 1): $look"
	[ "$tip" != "$TIP" ] || return 0
	while read -r a b; do
		[ "$a" = "$b" ] || die "$(subject_of "$b") does not survive as a mail: $look"
	done < <(paste -d ' ' <(kgit rev-list --reverse "base..$tip") <(kgit rev-list --reverse "base..$TIP"))
	die 'the patches do not give the same commits again'
}

# listed_elsewhere PATH: another base uses this new file too
listed_elsewhere() {
	local series
	for series in "$TOP"/patches/*/series; do
		if [ "$series" != "$PATCHES/series" ] && grep -qxF "$1" < <(series_files "$series"); then
			return 0
		fi
	done
	return 1
}

# check_overwrite: a file in the repository that no series lists is not ours
check_overwrite() {
	local path
	while read -r path; do
		[ -e "$TOP/$path" ] || continue
		cmp -s "$STAGE/files/$path" "$TOP/$path" && continue
		grep -qxF "+ $path" "$PATCHES/series" || listed_elsewhere "$path" ||
			die "$TOP/$path is in the way: no series lists it"
	done < <(series_files "$STAGE/patches/series")
}

# put FROM TO: unless TO is the same already; whole or not at all
put() {
	local mode=644
	[ ! -x "$1" ] || mode=755
	if cmp -s "$1" "$2" && [ "$(executable "$1")" = "$(executable "$2")" ]; then
		return
	fi
	mkdir -p "$(dirname "$2")"
	cp "$1" "$2.tmp$$"
	chmod "$mode" "$2.tmp$$"
	mv "$2.tmp$$" "$2"
	WRITTEN=$((WRITTEN + 1))
}

executable() {
	[ ! -x "$1" ] || echo x
}

drop() {
	rm -f "$1"
	REMOVED=$((REMOVED + 1))
}

# write_back: the stage becomes the repository; series last
write_back() {
	local path old
	old=$(series_files "$PATCHES/series")
	while read -r path; do
		put "$STAGE/files/$path" "$TOP/$path"
	done < <(series_files "$STAGE/patches/series")
	while read -r path; do
		put "$STAGE/patches/$path" "$PATCHES/$path"
	done < <(series_patches "$STAGE/patches/series")

	while read -r path; do
		if [ ! -f "$TOP/$path" ] || [ -e "$STAGE/files/$path" ] || listed_elsewhere "$path"; then
			continue
		fi
		drop "$TOP/$path"
		(cd "$TOP" && rmdir -p --ignore-fail-on-non-empty "$(dirname "$path")" 2>/dev/null) || true
	done <<<"$old"
	for path in "$PATCHES"/*.patch; do
		[ ! -e "$path" ] || [ -e "$STAGE/patches/${path##*/}" ] || drop "$path"
	done
	put "$STAGE/patches/series" "$PATCHES/series"
}

main() {
	check_base
	one_at_a_time make
	new_scratch
	STAGE=$SCRATCH/stage
	check_tree
	check_messages
	stage_series
	check_stage
	check_overwrite
	stamp_set inputs -
	write_back
	# the same trees, so no file of the work tree differs
	kgit update-ref -m 'make refresh' refs/heads/series "$TIP"
	stamp_set tip "$TIP"
	stamp_set inputs "$(inputs)"
	say "patches/$BASE: $(kgit rev-list --count base..series) patches," \
		"${#BROUGHT[@]} new files ($WRITTEN written, $REMOVED removed)"
}

main "$@"
