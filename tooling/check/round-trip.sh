#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Assemble, then refresh: not a byte of the repository changes.  And a small
# repository of two bases, whose new files are changed by later commits.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/check/expect.sh
. "$TOP/tooling/check/expect.sh"

SCRATCH=$(mktemp -d "$BUILD/round-trip.XXXXXX")
trap 'rm -rf "$SCRATCH"' EXIT
REPO=$SCRATCH/repository
NEW=drivers/virtio/new.c
SCRIPT=tools/virtio/new.sh

# Name and contents of all that git sees here
state() {
	cd "$TOP"
	our_files | sort |
		xargs -r -d '\n' sha256sum --
}

# new_repository: with the tools, and two bases without patches
new_repository() {
	local base
	mkdir -p "$REPO"
	cp -r "$TOP/tooling" "$TOP/Makefile" "$REPO"
	for base in 1.0 2.0; do
		mkdir -p "$REPO/patches/$base" "$SCRATCH/kernel-$base/drivers/virtio"
		touch "$REPO/patches/$base/base" "$REPO/patches/$base/series" \
			"$SCRATCH/kernel-$base"/{Kbuild,Kconfig,drivers/virtio/Kconfig}
		printf 'VERSION = %s\nPATCHLEVEL = 0\nSUBLEVEL = 1\n' "${base%.0}" >"$SCRATCH/kernel-$base/Makefile"
	done
}

# small WHAT BASE: make, in the small repository
small() {
	env O="$SCRATCH/o" KERNEL_SRC="$SCRATCH/kernel-$2" make -s -C "$REPO" "$1" BASE="$2"
}

# must WHAT BASE
must() {
	small "$@" >"$SCRATCH/log" 2>&1 || { cat "$SCRATCH/log"; fail "make $1 BASE=$2 fails"; }
}

tree_git() {
	GIT_CONFIG_GLOBAL=/dev/null git -c safe.directory='*' -c user.name=user -c user.email=user@example.org \
		-C "$SCRATCH/o/$1/linux" "${@:2}"
}

# commit BASE SUBJECT
commit() {
	tree_git "$1" add -A
	tree_git "$1" commit -q -m "$2" -m 'An example.'
}

# fold BASE COMMIT: all that was edited, into that commit
fold() {
	tree_git "$1" commit -q -a --fixup="$2"
	GIT_SEQUENCE_EDITOR=true tree_git "$1" rebase -q -i --autosquash base
}

picture() {
	(cd "$REPO" && find patches drivers tools -type f -printf '%p %m ' -exec sha256sum {} \; | sort)
}

# same_picture FILE WHEN
same_picture() {
	diff "$1" <(picture) || fail "the repository has changed: $2"
}

# three_forms: commit 1 brings two files, 2 and 3 change them
three_forms() {
	local tree=$SCRATCH/o/1.0/linux path
	must tree 1.0
	mkdir -p "$tree/tools/virtio"
	seq 1 30 >"$tree/$NEW"
	echo '#!/bin/sh' >"$tree/$SCRIPT"
	commit 1.0 'virtio: bring files'
	sed -i 's/^7$/seven/' "$tree/$NEW"
	chmod +x "$tree/$SCRIPT"
	echo '# new.c' >>"$tree/drivers/virtio/Kconfig"
	commit 1.0 'virtio: change them'
	sed -i 's/^8$/eight/; s/^25$/&\n25 and a half/' "$tree/$NEW"
	echo true >>"$tree/$SCRIPT"
	commit 1.0 'virtio: change them again'
	tree_git 1.0 format-patch -q -o "$SCRATCH/mails" base
	must refresh 1.0
	for path in "$NEW" "$SCRIPT"; do
		cmp "$tree/$path" "$REPO/$path" || fail "$path is not stored in its last form"
	done
	[ -x "$REPO/$SCRIPT" ] || fail "$SCRIPT is not stored with its last mode"
	! grep -q '^diff' "$REPO"/patches/1.0/0001-* || fail 'a new file is in the patch that brings it'
	[ "$(grep -h '^[+]seven\|^[+]eight' "$REPO"/patches/1.0/000[23]-* | paste -sd ' ')" = '+seven +eight' ] ||
		fail 'a later change is not in its patch'
}

# anew: from what was stored the same commits are made, and they are stored alike
anew() {
	local tip
	tip=$(tree_git 1.0 rev-parse series)
	picture >"$SCRATCH/before"
	rm -rf "$SCRATCH/o/1.0"
	must tree 1.0
	[ "$(tree_git 1.0 rev-parse series)" = "$tip" ] || fail 'other commits are assembled'
	seq 1 30 | cmp - <(tree_git 1.0 show "series~2:$NEW") || fail 'a new file does not enter in its first form'
	tree_git 1.0 ls-tree series~2 "$SCRIPT" | grep -q ^100644 || fail 'nor with its first mode'
	must refresh 1.0
	same_picture "$SCRATCH/before" 'assembled anew and refreshed'
}

# two_bases: a change reaches the other one in the way that docs/repository.md says
two_bases() {
	must tree 2.0
	tree_git 2.0 am -q "$SCRATCH"/mails/*
	must refresh 2.0
	cmp -s "$REPO/$NEW" "$SCRATCH/o/2.0/linux/$NEW" || fail 'two bases: not the same last form'

	sed -i 's/^9$/nine/' "$SCRATCH/o/1.0/linux/$NEW"
	fold 1.0 ':/change them again'
	must refresh 1.0
	grep -q 'note: BASE=2\.0: 0003-.* does not come off .*new\.c, hunk @@' "$SCRATCH/log" ||
		{ cat "$SCRATCH/log"; fail 'refresh does not say that the other base no longer assembles'; }
	picture >"$SCRATCH/before"
	expect 2 '^error: 0003-.* does not come off .*new\.c, hunk @@ .*make refresh' small tree 2.0
	expect 2 'new\.c has changed since the tree was made: make that change in .*2\.0/linux too' small refresh 2.0
	same_picture "$SCRATCH/before" 'a refresh was refused'
	sed -i 's/^9$/nine/' "$SCRATCH/o/2.0/linux/$NEW"
	fold 2.0 ':/change them again'
	must refresh 2.0
	! grep -q note: "$SCRATCH/log" || { cat "$SCRATCH/log"; fail 'both bases are alike, and refresh has a note'; }
	diff <(grep -v ' patches/2\.0/' "$SCRATCH/before") <(picture | grep -v ' patches/2\.0/') ||
		fail 'the refresh of one base has changed the other'
	rm -rf "$SCRATCH/o/2.0"
	must tree 2.0
	must tree 1.0
}

# moved_lines: where the later hunks still fit, the other base takes the change
moved_lines() {
	sed -i '1i zero' "$SCRATCH/o/1.0/linux/$NEW"
	fold 1.0 ':/virtio: bring files'
	must refresh 1.0
	must tree 2.0
	must refresh 2.0
	cmp -s "$REPO/$NEW" "$SCRATCH/o/2.0/linux/$NEW" || fail 'the other base has not taken a change'
	[ "$(tree_git 2.0 show "series~2:$NEW" | sed -n 1p)" = zero ] ||
		fail 'it is not in the commit that brings the file'
}

# own_files: a new file may be of one base alone
own_files() {
	local base own=drivers/virtio/own.h
	for base in 1.0 2.0; do
		echo "$base" >"$SCRATCH/o/$base/linux/$own"
		commit $base 'virtio: bring a file of this base'
	done
	must refresh 1.0
	expect 2 'own\.h is another file in BASE=1\.0: .*touch patches/2\.0/drivers/virtio/own\.h' small refresh 2.0
	mkdir -p "$REPO/patches/2.0/drivers/virtio"
	touch "$REPO/patches/2.0/$own"
	must refresh 2.0
	[ "$(cat "$REPO/$own" "$REPO/patches/2.0/$own" | paste -sd ' ')" = '1.0 2.0' ] ||
		fail 'a base does not have its own file'
	echo changed >>"$SCRATCH/o/2.0/linux/$own"
	commit 2.0 'virtio: change a file of this base'
	must refresh 2.0
	picture >"$SCRATCH/before"
	rm -rf "$SCRATCH/o/2.0"
	must tree 2.0
	[ "$(tree_git 2.0 show "series~1:$own")" = 2.0 ] || fail 'the own file does not enter in its first form'
	must refresh 2.0
	tree_git 2.0 reset -q --hard series~2
	must refresh 2.0
	[ ! -e "$REPO/patches/2.0/drivers" ] || fail 'an own file is left that no commit brings'
	[ -e "$REPO/$own" ] || fail "another base's file went with it"
}

# moved_base: to a release that the patches do not fit, as docs/repository.md has it
moved_base() {
	local tree=$SCRATCH/o/1.0/linux kernel=$SCRATCH/kernel-1.0 new
	sed -i 's/^SUBLEVEL = .*/SUBLEVEL = 2/' "$kernel/Makefile"
	must rebase-check 1.0
	grep -q '^1\.0\.2 .* fits$' "$SCRATCH/log" || { cat "$SCRATCH/log"; fail 'a release that fits'; }
	echo '# of the new release' >>"$kernel/drivers/virtio/Kconfig"
	expect 2 'does not fit Linux 1\.0\.2' small rebase-check 1.0
	grep -q '^1\.0\.2 .* 0002-.* does not apply: drivers/virtio/Kconfig' "$SCRATCH/out" ||
		{ cat "$SCRATCH/out"; fail 'the patch that does not fit is not named'; }

	tree_git 1.0 checkout -q --detach base
	tree_git 1.0 rm -rq .
	cp -r "$kernel"/. "$tree"
	tree_git 1.0 add -A -f
	tree_git 1.0 commit -q -m 'Linux 1.0.2'
	new=$(tree_git 1.0 rev-parse HEAD)
	! tree_git 1.0 rebase -q --onto "$new" base series >/dev/null 2>&1 || fail 'there was nothing to mend'
	printf '%s\n' '# of the new release' '# new.c' >"$tree/drivers/virtio/Kconfig"
	tree_git 1.0 add -A
	GIT_EDITOR=true tree_git 1.0 rebase --continue >"$SCRATCH/log" 2>&1
	tree_git 1.0 tag -f base "$new" >/dev/null
	must refresh 1.0
	rm -rf "$SCRATCH/o/1.0"
	must tree 1.0
	must rebase-check 1.0
	picture >"$SCRATCH/before"
	must refresh 1.0
	same_picture "$SCRATCH/before" 'a base was moved'
}

# refusals: what the form of the repository cannot say
refusals() {
	local tip
	tip=$(tree_git 1.0 rev-parse series)
	picture >"$SCRATCH/before"
	tree_git 1.0 rm -q "$NEW"
	commit 1.0 'virtio: remove a file of ours'
	expect 2 'removes or renames .*new\.c, which .*bring files' small refresh 1.0
	tree_git 1.0 reset -q --hard "$tip"
	tree_git 1.0 mv "$NEW" drivers/virtio/newer.c
	commit 1.0 'virtio: rename a file of ours'
	expect 2 'removes or renames .*new\.c, which .*bring files' small refresh 1.0
	tree_git 1.0 reset -q --hard "$tip"
	ln -sf Kconfig "$SCRATCH/o/1.0/linux/$NEW"
	commit 1.0 'virtio: make it a link'
	expect 2 'new\.c, which is no plain file' small refresh 1.0
	tree_git 1.0 reset -q --hard "$tip"

	# a copy of its context where the hunk was: it comes off one, and goes on the other
	sed -n '/^23$/,/^28$/{/half/!p}' "$REPO/$NEW" >"$SCRATCH/context"
	sed -i "21r $SCRATCH/context" "$REPO/$NEW"
	expect 2 'change drivers/virtio/new\.c do not lead to the form that is stored' small tree 1.0
	cp "$SCRATCH/o/1.0/linux/$NEW" "$REPO/$NEW"
	same_picture "$SCRATCH/before" 'a refresh was refused'
}

"$TOP/tooling/tree.sh"
before=$(state)
"$TOP/tooling/refresh.sh"
diff <(echo "$before") <(state) || fail 'make tree refresh changes the repository'
new_repository
three_forms
anew
two_bases
moved_lines
own_files
moved_base
refusals
say "$(wc -l <<<"$before") files are as they were; two small bases, whose new files change later, too"
