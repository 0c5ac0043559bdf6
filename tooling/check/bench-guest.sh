#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make bench-guest in a short form: with both kernels every device does all its
# work, in QEMU and in User-mode Linux, and everything is counted and plotted.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

export RESULTS=$RESULTS/check ROUNDS=1 FEW=128 MANY=256
ROWS=46				# 20 kinds of work, counted whole and virtio's part; 6 timed
OUT=$RESULTS/bench-guest

"$TOP/tooling/bench-guest.sh"
rows=$(awk -F , 'FNR > 1 && $4 > 0 && $5 > 0' "$OUT/summary.csv" | wc -l)
[ "$rows" -eq "$ROWS" ] || fail "$OUT/summary.csv has $rows rows with figures, not $ROWS"
for plot in ratio virtio profile iops; do
	grep -q '</svg>' "$OUT/$plot.svg" || fail "no plot $OUT/$plot.svg"
done
for table in instructions iops; do
	[ -s "$OUT/$table.txt" ] || fail "no table $OUT/$table.txt"
done
awk -F , '$3 == "virtqueue_end_buf" && $4 == 0 && $5 > 0 { found = 1 } END { exit !found }' "$OUT/profile.csv" ||
	fail "$OUT/profile.csv: not the untouched kernel beside the series"
say "$rows figures, $(wc -l <"$OUT/profile.csv") lines of profile"
