#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The commands of docs/repository.md do what it says: they run in a copy of this
# repository, one after the other as on the page, on a kernel that has only the
# files that the series touches.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"

PAGE=$TOP/docs/repository.md
PAGE_BASE=6.12			# that of the page
SCRATCH=$(mktemp -d "$BUILD/worked-example.XXXXXX")
trap 'rm -rf "$SCRATCH"' EXIT
COPY=$SCRATCH/repository

# commands: what stands between ```sh and ```
commands() {
	awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$PAGE"
}

copy_repository() {
	mkdir "$COPY"
	(cd "$TOP" && our_files | cpio -pdm --quiet "$COPY")
	(cd "$COPY" && git init -q && git add -A && example_git commit -q -m here)
}

example_git() {
	git -c user.name=user -c user.email=user@example.org "$@"
}

# small_kernel: what the series touches, of the base's tree
small_kernel() {
	mkdir "$SCRATCH/kernel"
	kgit diff --no-renames --name-only base series |
		xargs -d '\n' git -c safe.directory='*' -C "$LINUX" ls-tree -r --name-only base |
		xargs -d '\n' git -c safe.directory='*' -C "$LINUX" archive base -- .gitattributes Makefile Kbuild Kconfig \
			MAINTAINERS scripts/get_maintainer.pl |
		tar -x -C "$SCRATCH/kernel"
}

# changed STATUS PATTERN: git status has such a line
changed() {
	grep -qE "^$1 $2\$" <<<"$STATUS" || { echo "$STATUS"; fail "the page leaves no \"$1 $2\""; }
}

if [ "$BASE" != "$PAGE_BASE" ]; then
	echo "the page is of BASE=$PAGE_BASE"
	exit 77
fi
"$TOP/tooling/tree.sh"
copy_repository
small_kernel
commands >"$SCRATCH/commands"
[ "$(grep -c '^make ' "$SCRATCH/commands")" -ge 6 ] || fail "$PAGE: hardly any commands"
(
	cd "$COPY"
	unset O RESULTS BASE
	export KERNEL_SRC=$SCRATCH/kernel HOME=$SCRATCH
	bash -e -x "$SCRATCH/commands"
) || fail "a command of $PAGE fails"

STATUS=$(cd "$COPY" && git status --short --untracked-files=all)
changed ' M' 'patches/6\.12/series'
changed '\?\?' 'patches/6\.12/00[0-9]*-virtio-say-what-the-Makefile-is-for\.patch'
changed ' M' 'drivers/virtio/tests/sg_end_kunit\.c'
changed '\?\?' 'patches/6\.12/00[0-9]*-virtio-add-a-second-case\.patch'
[ "$(wc -l <<<"$STATUS")" -eq 4 ] || { echo "$STATUS"; fail 'the page changes other files too'; }
grep -qx '+# Virtio rings, transports and tests' "$COPY"/patches/6.12/*-virtio-say-what-*.patch ||
	fail 'the fixup is not in its patch'
[ "$(tail -n 2 "$COPY/drivers/virtio/tests/sg_end_kunit.c")" = \
	$'/* a case would stand here */\n/* and a second one here */' ] ||
	fail 'the new file is not stored in its last form'
(
	cd "$COPY/build/6.12/linux"
	[ "$(git diff --name-only HEAD^ HEAD)" = drivers/virtio/tests/sg_end_kunit.c ] &&
		[ "$(git diff --numstat HEAD^ HEAD | cut -f 1,2)" = $'1\t0' ]
) || fail 'the later change of the new file is not in its commit'
grep -qx '+/\* and a second one here \*/' "$COPY"/patches/6.12/*-virtio-add-a-second-case.patch ||
	fail 'the later change of the new file is not in its patch'
[ -s "$COPY/build/series/6.12/1-core.mbox" ] || fail 'no mails are made'
[ -s "$COPY/build/quilt/6.12/debian/patches/series" ] || fail 'no quilt series is made'
say "$(wc -l <"$SCRATCH/commands") lines of ${PAGE#"$TOP/"} do what they say"
