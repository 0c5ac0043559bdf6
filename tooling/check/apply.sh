#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make apply and make unapply, on a plain directory and on a git tree: there and
# back, twice, killed half way, and on trees that do not suit.  The trees have the
# files that the series touches, and no others.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"
# shellcheck source=tooling/check/expect.sh
. "$TOP/tooling/check/expect.sh"

SCRATCH=$(mktemp -d "$BUILD/apply.XXXXXX")
trap 'rm -rf "$SCRATCH"' EXIT
TREE=$SCRATCH/tree
KILLS=0
FIRST_PATCH=$(series_patches "$PATCHES/series" | sed -n 1p)
EDITED=$(sed -n 's|^--- a/||p' "$PATCHES/$FIRST_PATCH" | sed -n 1p)
NEW_FILE=$(series_files "$PATCHES/series" | sed -n 1p)

# extract COMMIT DIR: of this kernel, what matters here
extract() {
	local paths
	mapfile -t paths < <(kgit diff --no-renames --name-only base series | sort -u |
		{ kgit ls-tree -r --name-only "$1" | sort | comm -12 - /dev/fd/3; } 3<&0)
	mkdir "$2"
	kgit archive "$1" -- Makefile Kbuild Kconfig drivers/virtio "${paths[@]}" | tar -x --no-same-permissions -C "$2"
}

# new_tree plain|git: $TREE is as the untouched kernel
new_tree() {
	rm -rf "$TREE"
	cp -a "$SCRATCH/base" "$TREE"
	[ "$1" = git ] || return 0
	user_git init -q
	user_git add -f .
	user_git commit -q -m "Linux"
}

user_git() {
	GIT_CONFIG_GLOBAL=/dev/null git -c user.name=user -c user.email=user@example.org \
		-c safe.directory='*' -C "$TREE" "$@"
}

run() {
	KERNEL=$TREE make -s -C "$TOP" "$1"
}

# must SAY WHAT: it succeeds, and says so
must() {
	run "$2" >"$SCRATCH/out" 2>&1 || { cat "$SCRATCH/out"; fail "make $2 fails"; }
	grep -qE "$1" "$SCRATCH/out" || { cat "$SCRATCH/out"; fail "make $2 does not say: $1"; }
}

# same_as DIR WHEN: names, contents and modes, and nothing more in it
same_as() {
	diff <(picture "$1") <(picture "$TREE") || fail "$2: the tree is not as it should be"
	[ ! -e "$TREE/.git" ] || [ -z "$(user_git status --porcelain)" ] ||
		{ user_git status --short; fail "$2: git status is not clean"; }
}

picture() {
	(cd "$1" && find . -name .git -prune -o -printf '%p %y %m\n' -type f -exec sha256sum {} + | sort)
}

round_trip() {
	new_tree "$1"
	must 'patches applied' apply
	same_as "$SCRATCH/series" "$1: apply"
	must 'already has the series' apply
	same_as "$SCRATCH/series" "$1: apply twice"
	[ "$1" = plain ] || commits
	must 'patches reverted' unapply
	same_as "$SCRATCH/base" "$1: unapply"
	must 'does not have the series' unapply
	[ "$1" = plain ] || [ "$(user_git rev-list --count HEAD)" = 1 ] || fail 'git: commits are left'
}

commits() {
	diff <(kgit log --format=%B base..series) <(user_git log --format=%B HEAD | head -n -2) ||
		fail 'git: the commits are not those of series'
}

# Each file changes its place by mv, so an mv of our own can kill at any of them:
# the process that does so (self), or the one that started it (parent).
killer() {
	mkdir -p "$SCRATCH/bin"
	cat >"$SCRATCH/bin/mv" <<-'KILLER'
	#!/bin/sh
	n=$(($(cat "$KILL_COUNT") + 1))
	echo $n >"$KILL_COUNT"
	victim=$PPID
	[ "$KILL_WHOM" = self ] || victim=$(ps -o ppid= -p "$PPID")
	[ $n -ne "$KILL_AT" ] || kill -KILL $victim
	exec /bin/mv "$@"
	KILLER
	chmod +x "$SCRATCH/bin/mv"
}

# killed WHOM NUMBER WHAT: at that mv; fails if nothing was killed
killed() {
	echo "killed: $*"
	echo 0 >"$SCRATCH/count"
	! KILL_WHOM=$1 KILL_AT=$2 KILL_COUNT=$SCRATCH/count PATH=$SCRATCH/bin:$PATH run "$3" \
		>"$SCRATCH/out" 2>&1 || fail "make $3 was not killed at file $2"
	KILLS=$((KILLS + 1))
}

# kill_at KIND NUMBER NUMBER: in apply and in unapply; the next run mends it
kill_at() {
	new_tree "$1"
	killed self "$2" apply
	must 'restored the files after an earlier run' apply
	same_as "$SCRATCH/series" "$1: apply after a kill"
	killed self "$3" unapply
	must 'restored the files after an earlier run' unapply
	same_as "$SCRATCH/base" "$1: unapply after a kill"
}

# kill_parent KIND: what was begun is done to the end
kill_parent() {
	local tries=6000	# what never ends is a fault, what takes long is none
	new_tree "$1"
	killed parent 2 apply
	while [ -e "$TREE/.virtio-piecewise" ] && [ $((tries--)) -gt 0 ]; do sleep 0.1; done
	same_as "$SCRATCH/series" "$1: the starter was killed"
}

# refused PATTERN [WHAT]: in one line, and $TREE stays as it is
refused() {
	picture "$TREE" >"$SCRATCH/before"
	expect 2 "$1" env KERNEL="$TREE" make -s -C "$TOP" "${2:-apply}"
	diff "$SCRATCH/before" <(picture "$TREE") || fail "refused, but the tree is another: $1"
}

no_tree() {
	expect 2 'which tree\?' make -s -C "$TOP" apply KERNEL=
	expect 2 'KERNEL=/nowhere: no such' make -s -C "$TOP" apply KERNEL=/nowhere
	expect 2 'not a directory' make -s -C "$TOP" apply KERNEL=/etc/passwd
	expect 2 'not a kernel tree' make -s -C "$TOP" unapply KERNEL="$TOP/tooling"
	expect 2 "tree of 'make tree'" make -s -C "$TOP" apply KERNEL="$LINUX"
}

unfit_trees() {
	new_tree plain
	sed -i 's/^VERSION = .*/VERSION = 5/' "$TREE/Makefile"
	refused 'Linux 5\..*the patches are for'
	new_tree plain
	sed -i 's/^SUBLEVEL = .*/SUBLEVEL = 0/' "$TREE/Makefile"
	refused "Linux $BASE\.0 is too old, the series fits $(base_get fits) and later"
	sed -i 's/^SUBLEVEL = .*/SUBLEVEL = 999/' "$TREE/Makefile"
	rm "$TREE/$EDITED"
	refused "$FIRST_PATCH does not apply: .* \(Linux $BASE\.999; tested on $(base_get kernel): 'Moving a base'"
	new_tree plain
	rm "$TREE/$EDITED"
	refused "$FIRST_PATCH does not apply: $EDITED is not in that tree"
	new_tree plain
	sed -i '/^[^#]/s/[a-z]/&&/' "$TREE/$EDITED"
	refused "$FIRST_PATCH does not apply: $EDITED, hunk @@"
	new_tree plain
	mkdir -p "$(dirname "$TREE/$NEW_FILE")"
	echo mine >"$TREE/$NEW_FILE"
	refused 'has another version of the series'
	refused "$NEW_FILE differs from the file of the series" unapply
}

unfit_git() {
	new_tree git
	echo mine >>"$TREE/Makefile"
	refused 'uncommitted changes \(Makefile'
	new_tree git
	touch "$TREE/.git/index.lock"
	refused 'another git process is running there'
	new_tree git
	mkdir "$TREE/.git/rebase-merge"
	refused 'a git operation is in progress'
	new_tree git
	must 'patches applied' apply
	user_git commit -q --allow-empty -m mine
	refused 'its last commits are not those' unapply
	rm -rf "$TREE"
	cp -a "$SCRATCH/base" "$TREE"
	user_git init -q
	refused 'without a commit'
}

# edited: what was edited after a kill is not lost
edited() {
	new_tree plain
	killed self 20 apply
	echo mine >>"$TREE/$EDITED"
	refused 'has been edited since'
}

"$TOP/tooling/tree.sh"
extract base "$SCRATCH/base"
extract series "$SCRATCH/series"
FILES=$(kgit diff --no-renames --name-only base series | wc -l)
EDITS=$(kgit diff --no-renames --diff-filter=M --name-only base series | wc -l)
killer
for kind in plain git; do
	round_trip "$kind"
	kill_parent "$kind"
done
kill_at plain 2 20
# the last one is that of git's index
kill_at git $((FILES + 2)) $((EDITS + 2))
no_tree
unfit_trees
unfit_git
edited
say "there and back, plain and git; killed $KILLS times; $CASES unfit trees, one clear line each"
