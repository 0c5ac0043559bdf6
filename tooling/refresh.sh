#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: refresh.sh
#
# Writes patches/<base> and the new files back from the commits on branch series
# of $LINUX.  What is written assembles to the same commits again; that is
# checked before the first file of the repository changes.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"

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
	[ "$(stamp_get inputs)" = - ] || [ "$(own_inputs)" = "$(stamp_get own_inputs)" ] || changed=1
	[ -z "$changed" ] ||
		die "patches/$BASE has changed since the tree was made:" \
			"${work:+set one side aside, for $TREE has $work; else }run 'make tree' first"
	kgit merge-base --is-ancestor base series || die "$TREE: series is not based on tag base"
}

# check_messages: nothing that a mail or the person who posts it would object to
check_messages() {
	local commit
	commit=$(kgit rev-list --min-parents=2 -1 base..series)
	[ -z "$commit" ] || die "$(subject_of "$commit") is a merge: rebase instead"
	commit=$(kgit rev-list -1 -i --grep='^signed-off-by:' base..series)
	[ -z "$commit" ] ||
		die "$(subject_of "$commit") has a Signed-off-by, which only the person who posts it may add"
}

# new_file COMMIT PATH: COMMIT brings PATH, which base does not have
new_file() {
	local commit=$1 path=$2
	[[ $path != *[^[:alnum:]._,+@=/-]* ]] || die "strange file name: ${path@Q}"
	case ${path%%/*} in
	tooling | patches | docs | build | .ci | .git* | README* | Makefile | COPYING)
		die "$(subject_of "$commit") adds $path, which is used by this repository itself" ;;
	esac
	BROUGHT[$path]=$commit
	NEW_FILES+=("$path")
}

# new_form COMMIT MODE BLOB STATUS PATH: so far the last one of that new file
new_form() {
	local commit=$1 mode=$2 blob=$3 status=$4 path=$5 file=$STAGE/files/$5
	[ "$status" != D ] ||
		die "$(subject_of "$commit") removes or renames $path, which $(subject_of "${BROUGHT[$path]}") adds:" \
			'a new file stays to the end of the series, under one name'
	case $mode in
	100644 | 100755) ;;
	*) die "$(subject_of "$commit") adds $path, which is no plain file" ;;
	esac
	# one of this base alone stays there
	[ ! -e "$PATCHES/$path" ] || file=$STAGE/patches/$path
	mkdir -p "${file%/*}"
	rm -f "$file"
	kgit cat-file blob "$blob" >"$file"
	[ "$mode" = 100644 ] || chmod +x "$file"
}

# split COMMIT: the forms that it gives to new files go to the stage, the names of
# those that it brings to NEW_FILES; EDITS counts the other files that it changes
split() {
	local commit=$1 mode blob status path
	NEW_FILES=()
	EDITS=0
	while read -r -d '' _ mode _ blob status && IFS= read -r -d '' path; do
		if [ "$status" = A ] && [ -z "${BROUGHT[$path]:-}" ] &&
			! kgit cat-file -e "base:$path" 2>/dev/null; then
			new_file "$commit" "$path"
		else
			EDITS=$((EDITS + 1))
		fi
		[ -z "${BROUGHT[$path]:-}" ] || new_form "$commit" "$mode" "$blob" "$status" "$path"
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
		TIP=$(recommit "$commit" "$TIP")
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
		[ "$a" = "$b" ] || die "$(subject_of "$b") changes when it is mailed: $look"
	done < <(paste -d ' ' <(kgit rev-list --reverse "base..$tip") <(kgit rev-list --reverse "base..$TIP"))
	die 'the patches do not reproduce the same commits'
}

# other_bases: directories
other_bases() {
	find "$TOP/patches" -mindepth 2 -maxdepth 2 -name series ! -path "$PATCHES/series" -printf '%h\n' | sort
}

# listed_elsewhere PATH: another base uses this new file too; prints which
listed_elsewhere() {
	local dir
	while read -r dir; do
		if [ ! -e "$dir/$1" ] && grep -qxF "+ $1" "$dir/series"; then
			echo "${dir##*/}"
			return
		fi
	done < <(other_bases)
	return 1
}

# check_overwrite: no work is lost in the new files of all bases.  One that has
# changed since the tree was made, or that only other bases list, must be the same
# here; one that no series lists is not ours.
check_overwrite() {
	local path other
	while read -r path; do
		if [ ! -e "$TOP/$path" ] || same "$STAGE/files/$path" "$TOP/$path"; then
			continue
		fi
		if grep -qxF "+ $path" "$PATCHES/series"; then
			as_assembled "$path" ||
				die "$path has changed since the tree was made: make that change in $TREE too," \
					"or set the commits there aside and run 'make tree' ('Two bases' in docs/repository.md)"
		elif other=$(listed_elsewhere "$path"); then
			die "$path is another file in BASE=$other: make them the same," \
				"or 'mkdir -p patches/$BASE/${path%/*}; touch patches/$BASE/$path' for one of this base alone"
		else
			die "$TOP/$path exists, but no series lists it"
		fi
	done < <(shared_files "$STAGE/patches")
}

# as_assembled PATH: it is what the tree was made from, or what a refresh wrote that
# was killed
as_assembled() {
	[ "$(stamp_get inputs)" = - ] ||
		cmp -s "$TOP/$1" <(kgit cat-file blob "$(stamp_get tip):$1" 2>/dev/null)
}

same() {
	cmp -s "$1" "$2" && [ "$(executable "$1")" = "$(executable "$2")" ]
}

# put FROM TO: unless TO is the same already; whole or not at all
put() {
	local mode=644
	[ ! -x "$1" ] || mode=755
	! same "$1" "$2" || return 0
	mkdir -p "$(dirname "$2")"
	cp "$1" "$2.tmp$$"
	chmod "$mode" "$2.tmp$$"
	mv "$2.tmp$$" "$2"
	WRITTEN=$((WRITTEN + 1))
}

executable() {
	[ ! -x "$1" ] || echo x
}

# drop DIR PATH
drop() {
	[ -f "$1/$2" ] || return 0
	rm -f "$1/$2"
	(cd "$1" && rmdir -p --ignore-fail-on-non-empty "$(dirname "$2")" 2>/dev/null) || true
	REMOVED=$((REMOVED + 1))
}

# write_back: the stage becomes the repository; series last
write_back() {
	local path old
	old=$(shared_files "$PATCHES")
	while read -r path; do
		put "$STAGE/files/$path" "$TOP/$path"
	done < <(shared_files "$STAGE/patches")
	while read -r path; do
		put "$STAGE/patches/$path" "$PATCHES/$path"
	done < <(series_patches "$STAGE/patches/series"; own_files "$STAGE/patches")

	while read -r path; do
		[ -e "$STAGE/files/$path" ] || listed_elsewhere "$path" >/dev/null || drop "$TOP" "$path"
	done <<<"$old"
	while read -r path; do
		[ -e "$STAGE/patches/$path" ] || drop "$PATCHES" "$path"
	done < <(cd "$PATCHES" && find . -name cover -prune -o -type f \( -name '*.patch' -o -path './*/*' \) -printf '%P\n')
	put "$STAGE/patches/series" "$PATCHES/series"
}

# tell_of_others: which bases no longer assemble with the files that we wrote
tell_of_others() {
	local dir scratch=$SCRATCH/other said
	while read -r dir; do
		mkdir -p "$scratch"
		said=$( (first_forms "$dir" "$TOP" "$scratch") 2>&1) ||
			say "note: BASE=${dir##*/}: ${said#error: }"
	done < <(other_bases)
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
	stamp_inputs
	tell_of_others
	say "patches/$BASE: $(kgit rev-list --count base..series) patches," \
		"${#BROUGHT[@]} new files ($WRITTEN written, $REMOVED removed)"
}

main "$@"
