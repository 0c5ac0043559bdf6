#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: [N=20] [LOAD=4] [CHECKS='kunit 7.3:kunit ...'] check-often.sh
#
# Runs each of these checks N times, while LOAD busy loops of the same priority take
# the processors, and says at the end which one failed how often.  What a red run
# left is kept in $RESULTS/often/, and named.  7.3:kunit is a check with BASE=7.3;
# "check" is all of make check.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

N=${N:-20}
LOAD=${LOAD:-4}
CHECKS=${CHECKS:-kunit 7.3:kunit stress rings swiotlb devices debug parity}
KEPT=$RESULTS/often
RUN=$KEPT/run			# results of the run at hand
LOOPS=()			# processes
declare -A RED			# by check: how often it failed

# start_load: each ends with this script, even if that is killed
start_load() {
	local i
	for ((i = 0; i < LOAD; i++)); do
		setpriv --pdeathsig KILL bash -c 'while :; do :; done' "load of $KEPT" </dev/null &>/dev/null &
		LOOPS+=($!)
		disown		# the shell has nothing to say of its end
	done
	[ "$LOAD" -eq 0 ] || say "running $LOAD busy loops beside the checks"
}

stop_load() {
	[ ${#LOOPS[@]} -eq 0 ] || kill -KILL "${LOOPS[@]}" 2>/dev/null || true
}

# run_once CHECK ROUND: what a green run left is nothing to keep
run_once() {
	local name=${1#*:} base=$BASE dir=$KEPT/${1/:/-}.$2 status=0 start=$SECONDS
	[ "$name" = "$1" ] || base=${1%%:*}
	[ "$name" != check ] || name=
	rm -rf "$RUN"
	mkdir -p "$RUN"
	# shellcheck disable=SC2086 # none is all of them
	LOG_TAIL=0 quietly "$RUN/log" env -u OBJ BASE="$base" RESULTS="$RUN" "$TOP/tooling/check.sh" $name ||
		status=$?
	if [ "$status" -eq 0 ]; then
		say "ok      $1, run $2 ($((SECONDS - start)) s): $(tail -n 1 "$RUN/log")"
		return
	fi
	RED[$1]=$((${RED[$1]:-0} + 1))
	find "$RUN" -type f -size +10M -delete		# disks and the like
	mv "$RUN" "$dir"
	say "FAILED  $1, run $2 ($((SECONDS - start)) s), exit status $status; see $dir"
	sed -n "s|^not ok: |    &|p" "$dir/log" | sed "s|$RUN|$dir|g"
}

# table ROUNDS: how often each was run, and failed, and where that is to be seen
table() {
	local check dir
	printf '%-16s %5s %6s\n' check runs failed
	for check in $CHECKS; do
		printf '%-16s %5d %6d' "$check" "$1" "${RED[$check]:-0}"
		for dir in "$KEPT/${check/:/-}".*; do
			[ ! -e "$dir" ] || printf '  %s' "$dir"
		done
		echo
	done
}

main() {
	local round=1 check name red=0
	check_base
	[[ $N =~ ^[1-9][0-9]*$ && $LOAD =~ ^[0-9]+$ ]] || die "N=$N LOAD=$LOAD: not numbers"
	for check in $CHECKS; do
		name=${check#*:}
		[ "$name" = check ] || [ -x "$TOP/tooling/check/$name.sh" ] || die "CHECKS=: no check $name"
		[ "$name" = "$check" ] || [ -f "$TOP/patches/${check%%:*}/base" ] || die "CHECKS=: unknown BASE=${check%%:*}"
	done
	rm -rf "$KEPT"
	mkdir -p "$KEPT"
	trap stop_load EXIT
	start_load
	for ((round = 1; round <= N; round++)); do
		for check in $CHECKS; do
			run_once "$check" "$round"
		done
	done
	stop_load
	rm -rf "$RUN"
	table "$N" | tee "$KEPT/table.txt"
	for check in "${!RED[@]}"; do
		red=$((red + RED[$check]))
	done
	[ "$red" -eq 0 ] || fail "$red runs of $((N * $(wc -w <<<"$CHECKS"))) failed"
	say "$((N * $(wc -w <<<"$CHECKS"))) runs under load, none failed"
}

main "$@"
