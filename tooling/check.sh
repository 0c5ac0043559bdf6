#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: check.sh [CHECK... | all]
#
# Runs the checks of check/ (or those named; "all": those that take long, too) one
# after the other, each with a log of its own in $RESULTS/check/, and closes with
# 'N passed, N failed, N skipped', in which a KUnit case counts like a check.  Goes
# on after a failure.  What each came to is in check.ktap and check.xml (JUnit)
# beside the logs.  If there was a failure, what failed and why stands together at
# the end.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/results.sh
. "$TOP/tooling/lib/results.sh"

CHECKS=(scripts tree round-trip drivers kunit boot devices rings bios stress swiotlb suspend
	parity debug patches warnings cross style size documentation mail-series bundle
	apply quilt ring coverage fuzz results docs worked-example bad-input mainline)
LONG=(arm64 s390x machines sanitizers boot-each parts deb bench-guest mutants often)
LOGS=$RESULTS/check
KTAP=$LOGS/check.ktap
TSV=$LOGS/check.tsv		# for make report: a line for each check
BEFORE=$RESULTS/before		# summary and table of the run before
NUMBER=0			# of checks, so far
PASSED=0 FAILED=0 SKIPPED=0
RED=()				# the checks that failed
COULD_NOT=0			# checks that could not run, as their input is bad

# run_check NAME: one check; its last line of output is what it has to say
run_check() {
	local log=$LOGS/$1.log status=0 start=$SECONDS last
	say "$1 ..."
	LOG_TAIL=0 quietly "$log" "$TOP/tooling/check/$1.sh" || status=$?
	ktap "$1" "$status" $((SECONDS - start)) "$log" >>"$KTAP"
	last=$(sed -E '/^(CASES |the whole log: )/d; s/^\[[ 0-9]*s\] //' "$log" | tail -n 1)
	case $status in
	0) PASSED=$((PASSED + 1)) && say "ok      $1 ($((SECONDS - start)) s): $last" ;;
	77) SKIPPED=$((SKIPPED + 1)) && say "skipped $1: $last" ;;
	*) failed "$1" "$status" "$log" ;;
	esac
	count_cases "$log"
	printf '%s\t%s\t%s\t%s\n' "$1" "$(verdict "$status")" $((SECONDS - start)) "$last" >>"$TSV"
}

verdict() {
	case $1 in
	0) echo passed ;;
	77) echo skipped ;;
	2) echo could not run ;;
	*) echo FAILED ;;
	esac
}

# keep_last: what the run before came to, for make report
keep_last() {
	if [ -s "$LOGS/summary" ]; then
		rm -rf "$BEFORE"
		mkdir -p "$BEFORE"
		cp "$LOGS/summary" "$TSV" "$BEFORE"
	fi
	rm -rf "$LOGS"
	mkdir -p "$LOGS"
}

# summary: of this run, for make report.  It is there only when the run has ended.
summary() {
	printf 'passed=%s\nfailed=%s\nskipped=%s\n' "$PASSED" "$FAILED" "$SKIPPED"
	printf 'commit=%s\n' "$(repository_commit)"
	printf 'date=%s\n' "$(date '+%F %H:%M')"
	printf 'compiler=%s\n' "$(made_by)"
	printf 'qemu=%s\n' "$("${QEMU:-$QEMU_NAME}" --version 2>/dev/null | sed -n '1s/.*version //p')"
	printf 'cpu=%s, %s processors\n' "$(sed -n '/^model name/{s/.*: //p;q}' /proc/cpuinfo)" "$(nproc)"
}

# ktap NAME STATUS SECONDS LOG: its result
ktap() {
	echo "# time: $3"
	case $2 in
	0) echo "ok $((++NUMBER)) $1" ;;
	77) echo "ok $((++NUMBER)) $1 # SKIP $(tail -n 1 "$4")" ;;
	*)
		[ "$2" != 2 ] || echo '# could not run'
		tail -n 25 "$4" | sed 's/^/# /'
		echo "not ok $((++NUMBER)) $1"
		;;
	esac
}

failed() {
	RED+=("$1")
	FAILED=$((FAILED + 1))
	[ "$2" != 2 ] || COULD_NOT=$((COULD_NOT + 1))
	say "FAILED  $1, exit status $2; the end of $3:"
	tail -n 25 "$3" | sed 's/^/    /'
}

# count_cases LOG: a check may have cases, 'CASES passed failed skipped'
count_cases() {
	local passed failed skipped
	while read -r _ passed failed skipped; do
		PASSED=$((PASSED + passed))
		FAILED=$((FAILED + failed))
		SKIPPED=$((SKIPPED + skipped))
	done < <(grep -a '^CASES ' "$1")
}

# reason LOG: why, in one line
reason() {
	grep -a -m 1 -E '^(FAIL|error): ' "$1" || sed 's/^\[[ 0-9]*s\] //' "$1" | tail -n 1
}

# sum_up: the checks that failed, each with its cases that did, in one block
sum_up() {
	local check log
	[ ${#RED[@]} -eq 0 ] || printf '\nwhat failed:\n'
	for check in "${RED[@]}"; do
		log=$LOGS/$check.log
		not_ok "$check" "$(reason "$log")" "$log"
		sed -n "s/^not ok: /&$check: /p" "$log" | head -n 20
	done
}

main() {
	local check
	check_base
	[ "$ARCH" = x86_64 ] || die "ARCH=$ARCH: the checks are for x86_64 (tooling/check.sh arm64 s390x)"
	case $* in
	'') set -- "${CHECKS[@]}" ;;
	all) set -- "${CHECKS[@]}" "${LONG[@]}" ;;
	esac
	for check; do
		[ -x "$TOP/tooling/check/$check.sh" ] ||
			die "no check $check (have: ${CHECKS[*]} ${LONG[*]})"
	done
	need_packages git xz-utils build-essential flex bison bc libelf-dev \
		libssl-dev cpio kmod rsync python3 sparse shellcheck \
		qemu-system-x86 qemu-system-common busybox-static fio
	# most checks look into it; one is that it assembles
	[[ " $* " = *' tree '* ]] || "$TOP/tooling/tree.sh"
	keep_last
	printf 'KTAP version 1\n1..%d\n' $# >"$KTAP"
	for check; do
		run_check "$check"
	done
	junit "$KTAP"
	result_of "$KTAP" "$(tree_id 2>/dev/null || echo none)"
	sum_up | tee "$LOGS/failed"
	summary >"$LOGS/summary"
	echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
	[ "$FAILED" -eq 0 ] || exit $((COULD_NOT == FAILED ? 2 : 1))
}

main "$@"
