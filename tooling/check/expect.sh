# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the checks that give bad input, which have a directory SCRATCH.

CASES=0		# that came out as expected

# expect STATUS PATTERN COMMAND...: it exits with STATUS, and of what it says on
# stderr one line is ours, and matches; make's own last word does not count
expect() {
	local wanted=$1 pattern=$2 status=0 said
	shift 2
	echo "expect: $pattern"
	"$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
	said=$(grep -E '^(error|FAIL): ' "$SCRATCH/err" || true)
	[ "$status" -eq "$wanted" ] ||
		{ cat "$SCRATCH/out" "$SCRATCH/err"; fail "exit status $status, not $wanted: $*"; }
	[ "$(wc -l <<<"$said")" -eq 1 ] ||
		{ cat "$SCRATCH/err"; fail "not one line: $*"; }
	grep -qE "$pattern" <<<"$said" || fail "\"$said\" does not match \"$pattern\""
	! grep -qE 'Traceback|line [0-9]+: .*(unbound|command not found|No such)' "$SCRATCH/err" ||
		{ cat "$SCRATCH/err"; fail "a stack trace: $*"; }
	CASES=$((CASES + 1))
}
