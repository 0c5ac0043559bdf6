#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# sparse, with its endian checks: no warning that the untouched kernel does not
# give.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=tooling/check/kernel.sh
. "$TOP/tooling/check/kernel.sh"

LOGS=$RESULTS/check/sparse
mkdir -p "$LOGS"

run_sparse() {
	go_to "$1"
	configure_each
	compile C=2 CHECK=sparse "${TARGETS[@]}" >"$LOGS/$1.log" 2>&1 ||
		{ tail -n 30 "$LOGS/$1.log"; fail "sparse: $1 does not compile"; }
	grep -q '^  CHECK .*virtio_ring\.c' "$LOGS/$1.log" || fail "sparse: $1: virtio_ring.c was not looked at"
}

run_sparse base
run_sparse series
found=$(new_warnings "$LOGS/base.log" "$LOGS/series.log")
[ -z "$found" ] || { echo "$found"; fail 'sparse: new warnings'; }
say "$(grep -c '^  CHECK ' "$LOGS/series.log") files, sparse has no new warning"
