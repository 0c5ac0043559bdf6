#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: [FUZZ_SECONDS=n] fuzz.sh
#
# libFuzzer on our ring, under ASan and UBSan: with a device that is honest, and
# one that writes anything anywhere it may.  FUZZ_SECONDS each (60).

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=tooling/ring.sh
. "$TOP/tooling/ring.sh"

SECONDS_EACH=${FUZZ_SECONDS:-60}
[[ $SECONDS_EACH =~ ^[1-9][0-9]*$ ]] || die "FUZZ_SECONDS=$SECONDS_EACH: how many?"

# fuzz TARGET: from the committed corpus on
fuzz() {
	local target=$1 dir=$RING/corpus/$1
	rm -rf "$dir"
	mkdir -p "$dir"
	"$RING/seeds/$target" -corpus="$VRING/$target.corpus" -dir="$dir" >"$RING/$target.log"
	"$RING/fuzz/$target" -max_total_time="$SECONDS_EACH" -timeout=10 -max_len=600 \
		-artifact_prefix="$RING/$target-" "$dir" >"$RING/$target.log" 2>&1 || {
		tail -n 40 "$RING/$target.log"
		fail "$target: replay it with $RING/fuzz/$target and the file named above"
	}
	sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$RING/$target.log"
}

need_packages build-essential clang libclang-rt-14-dev
get_rings
build_ring seeds CC="$(compiler)"
build_ring fuzz CC=clang FUZZ=1
honest=$(fuzz fuzz_honest)
say "honest device: $honest inputs"
hostile=$(fuzz fuzz_hostile)
say "$honest inputs with an honest device, $hostile with a hostile one, and no finding"
