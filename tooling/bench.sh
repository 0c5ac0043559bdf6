#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: bench.sh
#
# What a driver pays for one request, with the untouched ring and with ours, in
# user space (tools/virtio/vring/bench.c): instructions, which callgrind counts
# exactly, and nanoseconds, of which only the ratio means something.  Leaves CSV,
# tables and plots in $RESULTS/bench, and prints the tables.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"
# shellcheck source=tooling/lib/results.sh
. "$TOP/tooling/lib/results.sh"
# shellcheck source=tooling/bench/count.sh
. "$TOP/tooling/bench/count.sh"

BENCH=$BUILD/bench		# where the program is built
OUT=$RESULTS/bench

count() {
	count_bench "$BENCH" >"$OUT/rows"
	[ -s "$OUT/rows" ] || fail 'callgrind has no counts'
	{
		echo way,ring,place,dma,pieces,list,what,instructions
		cat "$OUT/rows"
	} >"$OUT/instructions.csv"
	rm "$OUT/rows"
}

# What tracepoints cost that are off: the same without them
count_untraced() {
	build_bench "$BENCH/untraced" CC="$(compiler)" EXTRA_CFLAGS=-DNO_TRACEPOINTS
	count_bench "$BENCH/untraced" >"$OUT/untraced"
	awk -F, '
		{ key = $1 FS $2 FS $3 FS $4 FS $5 FS $6 FS $7 }
		FNR == NR { without[key] = $8; next }
		FNR == 1 || $1 == "base" || $1 == "floor" { next }
		!(key in without) { print "no such case: " key; exit }
		{ times[$7, $8 - without[key]]++ }
		END {
			for (i in times) {
				split(i, f, SUBSEP)
				printf "%s: %+d instructions in %d cases\n", f[1], f[2], times[i]
			}
		}' "$OUT/untraced" "$OUT/instructions.csv" | sort >"$OUT/tracepoints.txt"
	rm "$OUT/untraced"
	[ -s "$OUT/tracepoints.txt" ] || fail 'there are no counts without tracepoints'
	! grep 'no such case' "$OUT/tracepoints.txt" || fail 'the cases differ without tracepoints'
}

measure_time() {
	"$BENCH/obj/bench" time >"$OUT/time.csv" || fail 'the timing failed'
}

# All cases: instructions of the base's ring, and what each other way costs of it
print_table() {
	awk -F, '
	NR == 1 { next }
	{ key = $7 FS $2 FS $3 FS $4 FS $5 FS $6; cost[key, $1] = $8
	  if (!(key in seen)) { seen[key]; keys[++nr] = key } }
	function ratio(way) {
		if (!((keys[i], way) in cost)) return "-"
		return sprintf("%.2f", cost[keys[i], way] / cost[keys[i], "base"])
	}
	END {
		printf "%-4s %-33s %6s %-7s %8s %8s %10s %7s %6s %6s\n", "", "ring", "pieces", "list",
			"untouched", "classic", "piecewise", "single", "bvec", "floor"
		for (i = 1; i <= nr; i++) {
			split(keys[i], f, FS)
			printf "%-4s %-33s %6d %-7s %9d %8s %10s %7s %6s %6s\n", f[1], f[2] " " f[3] " " f[4], f[5], f[6],
				cost[keys[i], "base"], ratio("classic"), ratio("piecewise"), ratio("single"), ratio("bvec"),
				f[1] == "add" ? ratio("floor") : "-"
		}
	}' "$OUT/instructions.csv"
}

# What was aimed at, and what came out: "what way ring place dma pieces target".
# What is aimed at for a layout holds for the same in order.
print_targets() {
	awk -F, '
	function row(ring, base, now) {
		base = cost[f[1], "base", ring, f[4], f[5], f[6]]
		now = cost[f[1], f[2], ring, f[4], f[5], f[6]]
		if (base == "" && ring != f[3])
			return
		printf "%-4s %-10s %-15s %-8s %-8s %6d %9d %6d %6.2f %7.2f  %s\n", f[1], f[2], ring, f[4], f[5], f[6],
			base, now, now / base, f[7], now / base < f[7] + 0.005 ? "met" : "missed"
	}
	FNR == NR { if (FNR > 1 && $6 == "array") cost[$7, $1, $2, $3, $4, $5] = $8; next }
	/^#/ || NF == 0 { next }
	FNR == 1 || !header++ {
		printf "%-4s %-10s %-15s %-8s %-8s %6s %9s %6s %6s %7s\n", "", "way", "ring", "place", "dma",
			"pieces", "untouched", "now", "ratio", "target"
	}
	{
		split($0, f, " ")
		row(f[3])
		row(f[3] "-in-order")
	}' "$OUT/instructions.csv" "$TOP/tooling/bench/targets"
}

# plot [-in-order]: ratios
plot() {
	gnuplot -e "csv='$OUT/instructions.csv'; linux='$(stamp_get kernel)'; order='${1:-}'" "$TOP/tooling/bench/ratio.gnuplot" \
		2>"$OUT/gnuplot.log" >"$OUT/cost" || fail "gnuplot: $(head -n 1 "$OUT/gnuplot.log")"
	sed '1a <!-- SPDX-License-Identifier: GPL-2.0 -->' "$OUT/cost" >"$OUT/cost${1:-}.svg"
	rm -f "$OUT/cost" "$OUT/gnuplot.log"
}

need_packages git build-essential valgrind gnuplot-nox
"$TOP/tooling/tree.sh"
need_writable "$BENCH"
need_writable "$RESULTS"
rm -rf "$OUT"
need_writable "$OUT"
say 'building the rings and the benchmark'
tree=$(tree_id)
build_bench "$BENCH" CC="$(compiler)"
say 'counting instructions'
count
count_untraced
print_table >"$OUT/table.txt"
print_targets >"$OUT/targets.txt"
say 'plotting'
plot
! grep -q -- '-in-order,' "$OUT/instructions.csv" || plot -in-order
say 'timing: alternating untouched and patched'
measure_time
result_of "$OUT/instructions.csv" "$tree"
result_of "$OUT/time.csv" "$tree"
cat "$OUT/table.txt"
echo
cat "$OUT/targets.txt"
echo
echo 'Cost of disabled tracepoints:'
cat "$OUT/tracepoints.txt"
say "CSV, tables and plots are in $OUT"
