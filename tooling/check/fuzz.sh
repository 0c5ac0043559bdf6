#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: [FUZZ_SECONDS=n] fuzz.sh
#
# libFuzzer on our ring, under ASan and UBSan: with a device that is honest, and
# one that writes anything anywhere it may; FUZZ_SECONDS each (60), both at once.
# They start from the committed corpus, and from what the last runs have found.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/ring.sh
. "$TOP/tooling/lib/ring.sh"

SECONDS_EACH=${FUZZ_SECONDS:-60}
TARGETS=(fuzz_honest fuzz_hostile)
FINDINGS=$RESULTS/fuzz
PIDS=()

# start TARGET: in the background, in a process group of its own
start() {
	local seeds=$RING/corpus/$1 found=$RING/found/$1
	rm -rf "$seeds"
	mkdir -p "$seeds" "$found"
	"$RING/seeds/$1" -corpus="$VRING/$1.corpus" -dir="$seeds" >/dev/null
	"$RING/fuzz/$1" -max_total_time="$SECONDS_EACH" -timeout=20 -max_len=600 \
		-artifact_prefix="$FINDINGS/$1-" "$found" "$seeds" \
		>"$FINDINGS/$1.log" 2>&1 </dev/null &
	PIDS+=($!)
}

progress() {
	local target
	while sleep 20; do
		for target in "${TARGETS[@]}"; do
			say "$target: $(tail -n 1 "$FINDINGS/$target.log" | cut -c 1-90)"
		done
	done
}

# wait_for_all: status 1 if one has failed
wait_for_all() {
	local pid ticker status=0
	progress &
	ticker=$!
	set +m
	trap 'kill_groups "$ticker" "${PIDS[@]}"; exit 130' INT TERM HUP
	for pid in "${PIDS[@]}"; do
		wait "$pid" || status=1
	done
	kill_groups "$ticker"
	trap - INT TERM HUP
	return "$status"
}

# findings: what was not so, the input that shows it, and how to see it again
findings() {
	local target file
	for target in "${TARGETS[@]}"; do
		for file in "$FINDINGS/$target"-*; do
			[ -f "$file" ] || continue
			grep -a -m 1 -E 'not so: |ERROR: |runtime error: ' "$FINDINGS/$target.log" || true
			echo "input:  $file"
			echo "replay: $RING/seeds/$target $file"
		done
	done
}

runs() {
	sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$FINDINGS/$1.log"
}

[[ $SECONDS_EACH =~ ^[1-9][0-9]*$ ]] || die "FUZZ_SECONDS=$SECONDS_EACH: how many?"
need_packages build-essential clang libclang-rt-dev
get_rings
build_ring seeds CC="$(compiler)" SAN=1 fuzzers
build_ring fuzz CC=clang FUZZ=1 fuzzers
rm -rf "$FINDINGS"
mkdir -p "$FINDINGS"
set -m
for target in "${TARGETS[@]}"; do
	start "$target"
done
wait_for_all || {
	findings
	fail "fuzzing found a fault, or did not run; see $FINDINGS"
}
say "$(runs fuzz_honest) inputs with an honest device, $(runs fuzz_hostile) with a hostile one, and no finding"
