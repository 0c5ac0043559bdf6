#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: tree.sh
#
# Assembles $LINUX, a git repository: tag base is the untouched kernel source,
# branch series has one commit per patch.  Does nothing when it is there
# already; after a change in patches/ or the new files only what differs is
# written, so that the next build is short.  Work of the user's is never lost.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"
# shellcheck source=tooling/lib/fetch.sh
. "$TOP/tooling/lib/fetch.sh"

NEW=$BUILD/linux.new	# becomes $LINUX when it is complete

# source_wanted: $LINUX is of another source than the one asked for.  Without
# KERNEL_SRC a tree stays on its source until that is behind the tested version.
source_wanted() {
	local kind package version
	if [ -n "$KERNEL_SRC" ]; then
		find_given
		[ "$SOURCE_ID" != "$(stamp_get source)" ]
		return
	fi
	read -r kind package version < <(stamp_get source)
	[ "$kind" = package ] || return 1
	[ "$package" = "$(base_get package)" ] || return 0
	behind "$version" "$(base_get version)"
}

# unpack: the files; as new as they are here, for an old $OBJ
unpack() {
	source_tar | tar -x -m --no-same-owner --no-same-permissions --exclude=.git \
		--strip-components="$SOURCE_STRIP" -C "$NEW"
}

# add_all: to the index.  Files that git takes for big go to one pack, each at once.
add_all() {
	kgit -c core.bigFileThreshold=1 -c core.compression=1 -c pack.compression=1 add -A -f .
}

init_repository() {
	rm -rf "$NEW"
	mkdir -p "$NEW"
	KGIT_DIR=$NEW
	kgit init -q -b series
	kgit config user.name "$IDENTITY"
	kgit config user.email "$EMAIL"
	kgit config core.autocrlf false
	# nothing is packed well here, and a repack would take minutes
	kgit config gc.auto 0
}

# broken WHAT LOG: a step ended early; why, in one line
broken() {
	! disk_full "$BUILD" || die "disk full: $1 in $BUILD"
	die "$1: $(head -n 1 "$2") (log: $2)"
}

# make_base: tag base, and its kernel version in the stamp
make_base() {
	local log=$BUILD/import.log version commit
	say "unpacking ${SOURCE##*/}"
	LOG_TAIL=0 quietly "$log" unpack || broken "unpacking $SOURCE failed" "$log"
	version=$(kernel_version 2>/dev/null <"$NEW/Makefile") || true
	of_line "$version" || die "$SOURCE: Linux $version, but BASE=$BASE is wanted"
	say 'adding its files to git'
	LOG_TAIL=0 quietly "$log" add_all || broken "adding $SOURCE to git failed" "$log"
	commit=$(kgit commit-tree -m "Linux $version" "$(kgit write-tree)")
	kgit tag base "$commit"
	stamp_set source "$SOURCE_ID"
	stamp_set kernel "$version"
	KERNEL_VERSION=$version
}

# Debian's .gitignore hides all that is new from git status and git add.  The
# work tree goes without these lines; the commits keep them.
show_new_files() {
	local ignore=${KGIT_DIR:-$LINUX}/.gitignore
	grep -qxF '!/debian/' "$ignore" 2>/dev/null || return 0
	sed -i -e '/^\/\*$/d' -e '/^!\/debian\/$/d' "$ignore"
	kgit update-index --skip-worktree .gitignore
}

# assemble: all of it, beside the old one
assemble() {
	local tip log=$BUILD/checkout.log
	need_space "$TREE_MB" "$BUILD"
	init_repository
	make_base
	tip=$(build_series "$PATCHES" "$TOP" "$(kgit rev-parse base)" 2>"$SCRATCH/errors") ||
		die "$(sed -e 's/^error: //' -e 1q "$SCRATCH/errors")$(newer_note "$KERNEL_VERSION")"
	kgit update-ref refs/heads/series "$tip"
	say 'checking out series'
	LOG_TAIL=0 quietly "$log" kgit -c checkout.workers="$J" reset -q --hard series ||
		broken 'checkout failed' "$log"
	show_new_files
	stamp_set tip "$tip"
	stamp_inputs
	unset KGIT_DIR
	[ ! -e "$LINUX" ] || mv "$LINUX" "$BUILD/linux.old"
	mv "$NEW" "$LINUX"
	rm -rf "$BUILD/linux.old"
}

# update: the tree is there; only the patches or the new files are others
update() {
	local tip
	tip=$(build_series "$PATCHES" "$TOP" "$(kgit rev-parse base)")
	# files that do not differ keep their time stamps; untracked ones in the
	# way make this fail
	kgit read-tree -m -u HEAD "$tip" 2>"$SCRATCH/errors" ||
		die "$TREE: $(sed 's/^error: //' "$SCRATCH/errors" | head -n 1)"
	kgit update-ref -m 'make tree' refs/heads/series "$tip"
	show_new_files
	stamp_set tip "$tip"
	stamp_inputs
}

refuse_local_work() {
	local work
	[ -e "$LINUX" ] || return 0
	work=$(local_work tracked)
	[ -z "$work" ] ||
		die "$TREE has local work ($work), and $1: run 'make refresh' first, or save it elsewhere"
}

# done_line WHAT: where we stand, in one line
done_line() {
	local note='' what detail
	read -r _ what detail < <(stamp_get source)
	case $what in
	/*) detail='' ;;
	esac
	[ "$(kgit rev-parse HEAD)" = "$(stamp_get tip)" ] || note=', with local commits'
	say "$TREE: Linux $(stamp_get kernel) from $what${detail:+ $detail}, $(kgit rev-list --count base..HEAD) commits on it$note ($1)"
}

up_to_date() {
	[ -e "$LINUX" ] && ! source_wanted && [ "$(inputs)" = "$(stamp_get inputs)" ]
}

# look_again: what a run that was killed has left goes
look_again() {
	if [ ! -e "$LINUX" ] && [ -e "$BUILD/linux.old" ]; then
		mv "$BUILD/linux.old" "$LINUX"	# killed between two mv
	fi
	rm -rf "$BUILD"/scratch.* "$BUILD/linux.old" "$NEW"
	if [ -e "$LINUX" ] && [ -z "$(stamp_get tip)" ]; then
		die "$TREE was not made by make tree: remove it"
	fi
}

main() {
	check_base
	check_series
	if up_to_date; then
		done_line unchanged
		return
	fi
	need_packages git xz-utils
	one_at_a_time make
	look_again
	new_scratch
	trap 'rm -rf "$SCRATCH" "$NEW"' EXIT
	if up_to_date; then	# by the one that we waited for
		:
	elif [ ! -e "$LINUX" ] || source_wanted; then
		if [ -z "$KERNEL_SRC" ]; then
			need_space $((TREE_MB + DOWNLOAD_MB)) "$BUILD"
		fi
		find_source
		[ -z "$KERNEL_SRC" ] || check_given
		refuse_local_work 'another kernel source is wanted'
		assemble
	else
		refuse_local_work "patches/$BASE or the new files have changed"
		update
	fi
	done_line assembled
}

main "$@"
