# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by those who leave or read results: of which tree is a result?  FILE has
# that beside it, in FILE.tree, so that nobody takes an old one for a new one; the
# compiler is in FILE.with.

# tree_id: a hash of all that git tracks in $LINUX, as it is now
tree_id() {
	local index scratch
	index=$(results_git rev-parse --git-path index) || return
	scratch=$(mktemp)
	(
		trap 'rm -f "$scratch" "$scratch.lock"' EXIT
		cd "$LINUX" || exit
		cp -p "$index" "$scratch"
		export GIT_INDEX_FILE=$scratch
		results_git add -u && results_git write-tree
	)
}

results_git() {
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 git -c safe.directory='*' -C "$LINUX" "$@"
}

# built_tree: of which the kernel was built that boots
built_tree() {
	if [ -n "$IMAGE" ]; then echo "$IMAGE"; else cat "$OBJ/.done"; fi
}

# result_of FILE ID: FILE is what came out with that tree, and with this compiler
result_of() {
	echo "$2" >"$1.tree"
	made_by >"$1.with"
}

# repository_commit: of this repository; "and changes" if files differ from it
repository_commit() {
	local commit
	commit=$(git -C "$TOP" -c safe.directory='*' rev-parse --short=12 HEAD 2>/dev/null) || { echo none; return; }
	[ -z "$(git -C "$TOP" -c safe.directory='*' status --porcelain 2>/dev/null)" ] || commit+=' and changes'
	echo "$commit"
}

# made_by: compiler and C library, on which the numbers of instructions depend
made_by() {
	printf 'gcc %s, %s\n' "$(gcc -dumpfullversion)" "$(getconf GNU_LIBC_VERSION)"
}

# result_age FILE: new, old (of another tree) or missing
result_age() {
	if [ ! -s "$1" ]; then
		echo missing
	elif [ -s "$1.tree" ] && [ "$(cat "$1.tree")" = "${TREE_ID:=$(tree_id)}" ]; then
		echo new
	else
		echo old
	fi
}

# junit KTAP: the same beside it, as JUnit's XML
junit() {
	local name=${1##*/}
	awk -v suite="${name%.ktap}" -f "$TOP/tooling/lib/junit.awk" "$1" >"${1%.ktap}.xml.new" &&
		mv "${1%.ktap}.xml.new" "${1%.ktap}.xml"
}

# not_ok NAME REASON LOG: a line for the block that closes a run of check.sh, which
# finds those of a check in its log
not_ok() {
	printf 'not ok: %s: %s (%s)\n' "$1" "$2" "$3"
}

# failed_cases KTAP: such a line for each case that failed
failed_cases() {
	local name reason
	awk -v failures=1 -f "$TOP/tooling/lib/junit.awk" "$1" | while IFS=$'\t' read -r name reason; do
		not_ok "$name" "$reason" "$1"
	done
}

# junit_count XML KIND: tests, failures, errors or skipped
junit_count() {
	sed -n "s/^<testsuite .* $2=\"\\([0-9]*\\)\".*/\\1/p" "$1"
}
