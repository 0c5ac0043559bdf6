#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: KERNEL=directory apply.sh apply|unapply
#
# Puts the series on a kernel tree of the user's, or takes it off again.  A git
# tree gets a commit for each patch, any other directory the files.
#
# All is worked out beside the tree first, so a tree that does not suit is left as
# it was.  Then the files change places with new ones, which takes an instant, in
# a process that the death of this one does not end.  $JOURNAL holds the old files
# meanwhile: should even that process be killed, the next run puts them back.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"
# shellcheck source=tooling/lib/fetch.sh
. "$TOP/tooling/lib/fetch.sh"

WHAT=${1:-}
KERNEL=${KERNEL:-}
LOCK_TOKEN='make apply is at work'	# what is in git's index.lock meanwhile
# In $JOURNAL:
#	new/, old/	the files that change places
#	list		'OLD-SHA256 NEW-SHA256 PATH', - where there is none; it is there
#			only while files may have changed their places
#	commits		git: HEAD before and after; index.old and index.new likewise

unfit() {
	die "KERNEL=$KERNEL: $*"
}

tree_git() {
	git_user_of_tree git -c safe.directory='*' -C "$DIR" "$@"
}

# git_user_of_tree COMMAND...: with a name, even if the user has none yet
git_user_of_tree() {
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_COMMITTER_NAME=$IDENTITY \
		GIT_COMMITTER_EMAIL=$EMAIL "$@"
}

is_git() {
	[ -e "$DIR/.git" ]
}

# Which tree, and does it suit?

find_kernel() {
	local part
	[ -n "$KERNEL" ] || die "which tree? make $WHAT KERNEL=directory"
	[ -e "$KERNEL" ] || unfit 'no such directory'
	[ -d "$KERNEL" ] || unfit 'not a directory'
	DIR=$(realpath "$KERNEL")
	JOURNAL=$DIR/.virtio-piecewise
	for part in Makefile Kbuild drivers/virtio; do
		[ -r "$DIR/$part" ] || unfit "not a kernel tree (no $part)"
	done
	VERSION=$(kernel_version <"$DIR/Makefile")
	[ -n "$VERSION" ] || unfit 'not a kernel tree (its Makefile has no VERSION)'
	of_line "$VERSION" || unfit "Linux $VERSION, but the patches are for $BASE$(other_base "$VERSION")"
	! too_old "$VERSION" || unfit "$(too_old_line "$VERSION")"
	[ "$DIR" != "$(realpath -m "$LINUX")" ] || unfit "that is the tree of 'make tree', where branch series has the patches"
	[ -w "$DIR" ] || unfit 'cannot be written'
}

# other_base VERSION: a base that would do
other_base() {
	local line=${1%.*}
	[ ! -s "$TOP/patches/$line/series" ] || echo " (patches for it: BASE=$line)"
}

check_git() {
	local dirty busy
	[ "$(tree_git rev-parse --show-toplevel 2>/dev/null)" = "$DIR" ] || unfit 'not a git work tree'
	tree_git rev-parse -q --verify 'HEAD^{commit}' >/dev/null || unfit 'a git repository without a commit'
	for busy in rebase-merge rebase-apply MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD; do
		[ ! -e "$(git_path "$busy")" ] || unfit "a git operation is in progress there ($busy)"
	done
	dirty=$(tree_git status --porcelain --untracked-files=no | sed -n '1s/^...//p')
	[ -z "$dirty" ] || unfit "uncommitted changes ($dirty ...): commit or stash them first"
}

git_path() {
	(cd "$DIR" && realpath -m "$(tree_git rev-parse --git-path "$1")")
}

# The dry run: a small repository of the files that the series touches

make_mini() {
	local path
	MINI=$SCRATCH/mini
	mkdir "$MINI"
	while read -r path; do
		[ -e "$DIR/$path" ] || continue
		mkdir -p "$MINI/$(dirname "$path")"
		cp "$DIR/$path" "$MINI/$path" || unfit "$path cannot be read"
	done < <(touched)
	mini_repository
}

# there: a new file of the series is in the tree
there() {
	local path
	while read -r path; do
		[ ! -e "$DIR/$path" ] || return 0
	done < <(series_files "$PATCHES/series")
	return 1
}

# forward: NEW_TREE is the small repository's tree with the series
forward() {
	local patches
	mapfile -t patches < <(series_patches "$PATCHES/series" | sed "s|^|$PATCHES/|")
	# shellcheck disable=SC2031 # the other one is of another function
	local -x GIT_INDEX_FILE=$SCRATCH/forward
	kgit read-tree "$MINI_BASE"
	apply_all "${patches[@]}" || which_one
	add_new_files < <(last_forms "$PATCHES" "$TOP")
	NEW_TREE=$(kgit write-tree)
}

# apply_all [-R] PATCH...: to the index, by one git, but for the new files.  That it
# begins with a mail's text does not disturb git apply.
apply_all() {
	local others
	mapfile -t others < <(series_files "$PATCHES/series" | sed 's/^/--exclude=/')
	kgit apply --cached --allow-empty --whitespace=nowarn "${others[@]}" "$@" 2>"$SCRATCH/errors"
}

# which_one: patch does not apply?
which_one() {
	! build_series "$PATCHES" "$TOP" "$MINI_BASE" >/dev/null 2>"$SCRATCH/errors" ||
		die 'each patch applies, but not all of them together'
	unfit "$(first_error)$(newer_note "$VERSION")"
}

first_error() {
	sed -e 's/^error: //' -e 's/: does not exist in index$/ is not in that tree/' -e 1q "$SCRATCH/errors"
}

# backward: NEW_TREE is the small repository's tree without the series; 1, and why
# in $SCRATCH/errors, if the tree has it not, or changed
backward() {
	local path patches
	mapfile -t patches < <(series_patches "$PATCHES/series" | sed "s|^|$PATCHES/|" | tac)
	# shellcheck disable=SC2031 # the other one is of another function
	local -x GIT_INDEX_FILE=$SCRATCH/backward
	kgit read-tree "$MINI_BASE"
	while read -r path; do
		file_of "$PATCHES" "$TOP" "$path"
		cmp -s "$FILE" "$DIR/$path" ||
			{ echo "$path differs from the file of the series" >"$SCRATCH/errors"; return 1; }
	done < <(series_files "$PATCHES/series")
	series_files "$PATCHES/series" | kgit update-index --force-remove --stdin
	apply_all -R "${patches[@]}" || return 1
	NEW_TREE=$(kgit write-tree)
}

# Both ways end with FROM, a tree or commit with the files as they are, and TO,
# one with the files as they shall be, in the repository KGIT_DIR

plan_apply() {
	if there; then
		backward || unfit "has another version of the series ($(first_error))"
		say "$KERNEL: already has the series"
		exit 0
	fi
	if ! is_git; then
		forward
		FROM=$MINI_BASE TO=$NEW_TREE
		return
	fi
	KGIT_DIR=$DIR
	KNOWN=	# nothing of ours stays in there
	FROM=$(kgit rev-parse HEAD)
	TO=$(build_series "$PATCHES" "$TOP" "$FROM" 2>"$SCRATCH/errors") || unfit "$(first_error)$(newer_note "$VERSION")"
}

plan_unapply() {
	if ! there; then
		say "$KERNEL: does not have the series; nothing to revert"
		exit 0
	fi
	if ! is_git; then
		backward || unfit "$(first_error)"
		FROM=$MINI_BASE TO=$NEW_TREE
		return
	fi
	KGIT_DIR=$DIR
	FROM=$(kgit rev-parse HEAD)
	TO=$(before_ours)
	[ "$TO" != "$FROM" ] ||
		unfit 'its last commits are not those of make apply: take them away first, or the patches with git'
}

# before_ours: the commit below those of make apply, at the top, by their identity
before_ours() {
	kgit log -n 1000 --format='%H %ce %P' HEAD |
		awk -v ours="$EMAIL" '!found && ($2 != ours || $3 == "") { print $1; found = 1 }'
}

# The new files, beside the tree

stage() {
	mkdir "$JOURNAL" "$JOURNAL/new" "$JOURNAL/old" || unfit "cannot make $JOURNAL"
	kgit diff-tree -r --no-renames --name-status "$FROM" "$TO" >"$SCRATCH/changes"
	[ -s "$SCRATCH/changes" ] || unfit 'nothing would change'
	changes A | in_the_way
	# no links: they would change the files' ctime, and git look at them again
	changes MDT | (cd "$DIR" && xargs -r -d '\n' cp -p --parents -t "$JOURNAL/old")
	put_new
	join -t $'\t' -a 1 -a 2 -e - -o 1.2,2.2,0 <(sums old) <(sums new) | tr '\t' ' ' >"$JOURNAL/list.new"
	! is_git || stage_git
	sync -f "$JOURNAL"
}

# changes KINDS: paths
changes() {
	sed -n "s/^[$1]\t//p" "$SCRATCH/changes"
}

# sums DIR: lines 'PATH SHA256' of all files in there
sums() {
	(cd "$JOURNAL/$1" && find . -type f -exec sha256sum {} + | sed -E 's|^([^ ]*) .\./(.*)|\2\t\1|' | sort)
}

# in_the_way <PATHS: an untracked file must not be lost
in_the_way() {
	local path
	while read -r path; do
		[ ! -e "$DIR/$path" ] || unfit "$path is in the way"
	done
}

# put_new: of the same mode and owner as the files whose places they take
put_new() {
	local path
	GIT_INDEX_FILE=$SCRATCH/new.index kgit read-tree "$TO"
	changes AMT | GIT_INDEX_FILE=$SCRATCH/new.index kgit checkout-index --prefix="$JOURNAL/new/" --stdin
	changes MT | while read -r path; do
		cp --attributes-only --preserve=mode,ownership "$DIR/$path" "$JOURNAL/new/$path"
	done
	changes A | (cd "$JOURNAL/new" && xargs -r -d '\n' chown --reference="$DIR/Makefile") 2>/dev/null || true
}

stage_git() {
	local index
	index=$(git_path index)
	cp -p "$index" "$JOURNAL/index.old"
	cp -p "$index" "$JOURNAL/index.new"
	GIT_INDEX_FILE=$JOURNAL/index.new kgit read-tree -m "$FROM" "$TO" 2>"$SCRATCH/errors" ||
		unfit "$(first_error)"
	echo "$FROM $TO" >"$JOURNAL/commits"
}

# The switch

# change_places: in a session of its own, so that neither Ctrl-C nor the end of
# this process disturbs it
change_places() {
	local status=0
	setsid --wait "$0" --switch "$DIR" "$WHAT" </dev/null 2>"$SCRATCH/switch" || status=$?
	[ "$status" = 0 ] || unfit "$(sed -e 's/^error: //' -e 1q "$SCRATCH/switch")"
}

switch() {
	local path new
	trap '' INT TERM HUP
	! is_git || lock_index
	mv "$JOURNAL/list.new" "$JOURNAL/list"
	while read -r _ new path; do
		place "$new" "$path" "$JOURNAL/new/$path"
	done <"$JOURNAL/list"
	! is_git || switch_git index.new "$(cut -d ' ' -f 2 "$JOURNAL/commits")"
	mv "$JOURNAL/list" "$JOURNAL/done"
	rm -rf "$JOURNAL"
}

# lock_index: as git does it; and all is as it was when we looked
lock_index() {
	local lock
	lock=$(git_path index.lock)
	(set -C && echo "$LOCK_TOKEN" >"$lock") 2>/dev/null || die 'another git process is running there (index.lock)'
	if ! cmp -s "$(git_path index)" "$JOURNAL/index.old" ||
		[ "$(tree_git rev-parse HEAD)" != "$(cut -d ' ' -f 1 "$JOURNAL/commits")" ]; then
		rm -f "$lock"
		die 'the tree was changed in the meantime; try again'
	fi
}

# switch_git INDEX COMMIT
switch_git() {
	local index
	index=$(git_path index)
	cp -p "$JOURNAL/$1" "$index.lock"
	tree_git update-ref -m "make $WHAT" HEAD "$2"
	mv -fT "$index.lock" "$index"
}

# place SUM PATH FILE: FILE takes the place of PATH, which is to go if SUM is -
place() {
	if [ "$1" = - ]; then
		rm -f "$DIR/$2"
		drop_empty "$2"
	else
		make_parents "$2"
		mv -fT "$3" "$DIR/$2"
	fi
}

make_parents() {
	local dir
	dir=$(dirname "$DIR/$1")
	[ -d "$dir" ] || { mkdir -p "$dir"; chown --reference="$DIR/Makefile" "$dir" 2>/dev/null || true; }
}

drop_empty() {
	(cd "$DIR" && rmdir -p --ignore-fail-on-non-empty "$(dirname "$1")" 2>/dev/null) || true
}

# recover: what a run that was killed has left is put back
recover() {
	[ -d "$JOURNAL" ] || return 0
	if [ -e "$JOURNAL/list" ]; then
		nothing_edited
		put_back
		say "$KERNEL: restored the files after an earlier run was killed"
	fi
	! is_git || ! grep -qsxF "$LOCK_TOKEN" "$(git_path index.lock)" || rm -f "$(git_path index.lock)"
	rm -rf "$JOURNAL"
}

sum_of() {
	local sum
	sum=$(sha256sum <"$1")
	echo "${sum%% *}"
}

# nothing_edited: since that run; such work must not be lost
nothing_edited() {
	local old new path is
	while read -r old new path; do
		is=-
		[ ! -e "$DIR/$path" ] || is=$(sum_of "$DIR/$path")
		[ "$is" = "$old" ] || [ "$is" = "$new" ] || unfit \
			"a run of make apply was killed, and $path has been edited since: put the files of $JOURNAL/old back yourself, and remove $JOURNAL"
	done <"$JOURNAL/list"
	! is_git || grep -qw "$(tree_git rev-parse HEAD)" "$JOURNAL/commits" || unfit \
		"a run of make apply was killed, and HEAD has moved since: put the files of $JOURNAL/old back yourself, and remove $JOURNAL"
}

put_back() {
	local old path
	while read -r old _ path; do
		# without the time: make must see that the file is another
		[ "$old" = - ] || cp --preserve=mode,ownership "$JOURNAL/old/$path" "$JOURNAL/back"
		place "$old" "$path" "$JOURNAL/back"
	done <"$JOURNAL/list"
	! is_git || switch_git index.old "$(cut -d ' ' -f 1 "$JOURNAL/commits")"
	mv "$JOURNAL/list" "$JOURNAL/done"
}

one_in_this_tree() {
	local fd
	exec {fd}<"$DIR"
	flock -n "$fd" || unfit 'another make apply is running there'
}

main() {
	check_base
	case $WHAT in
	apply | unapply) ;;
	*) die 'usage: KERNEL=directory apply.sh apply|unapply' ;;
	esac
	check_series
	need_patches
	find_kernel
	need_packages git
	one_in_this_tree
	one_at_a_time make
	recover
	! is_git || check_git
	new_scratch
	trap 'rm -rf "$SCRATCH"; [ -e "$JOURNAL/list" ] || rm -rf "$JOURNAL"' EXIT
	make_mini
	"plan_$WHAT"
	need_space 50 "$DIR"
	stage
	change_places
	say "$KERNEL: $(series_patches "$PATCHES/series" | wc -l) patches $([ "$WHAT" = apply ] && echo applied || echo reverted)"
}

if [ "$WHAT" = --switch ]; then
	DIR=$2 WHAT=$3
	JOURNAL=$DIR/.virtio-piecewise
	switch
else
	main
fi
