#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: bench.sh
#
# What a driver pays for one request, with the untouched ring and with ours, in
# user space (tools/virtio/vring/bench.c): instructions, which callgrind counts
# exactly, and nanoseconds, of which only the ratio means something.  Leaves CSV,
# tables and plots in $RESULTS/bench, and prints the tables.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tooling/series.sh
. "$TOP/tooling/series.sh"
# shellcheck source=tooling/results.sh
. "$TOP/tooling/results.sh"

BENCH=$BUILD/bench		# where the program is built
OUT=$RESULTS/bench

build_bench() {
	mkdir -p "$BENCH"
	kgit show base:drivers/virtio/virtio_ring.c >"$BENCH/base_ring.c"
	quietly "$BENCH/build.log" make -C "$LINUX/tools/virtio/vring" CC="$(compiler)" \
		PLAIN=1 BASE_RING="$BENCH/base_ring.c" O="$BENCH/obj" ||
		fail "the benchmark does not compile, see $BENCH/build.log"
}

# Each case is a dump of callgrind's.  What the measuring costs is taken off.
count() {
	rm -f "$BENCH"/callgrind.*
	quietly "$BENCH/count.log" valgrind -q --tool=callgrind --collect-atstart=no \
		--callgrind-out-file="$BENCH/callgrind" "$BENCH/obj/bench" count ||
		fail "the counting failed, see $BENCH/count.log"
	cat "$BENCH"/callgrind.* | awk -f "$TOP/tooling/bench/count.awk" |
		sort -t, -k7,7 -k2,4 -k5,5n -k6,6 -k1,1 >"$OUT/rows"
	[ -s "$OUT/rows" ] || fail 'callgrind counted nothing'
	{
		echo way,ring,place,dma,pieces,list,what,instructions
		cat "$OUT/rows"
	} >"$OUT/instructions.csv"
	rm "$OUT/rows"
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

plot() {
	local rings ring place
	mapfile -t rings < <(awk -F, 'NR > 1 && !seen[$2]++ { print $2 }' "$OUT/instructions.csv")
	for ring in "${rings[@]}"; do
		for place in direct indirect; do
			gnuplot -e "csv='$OUT/instructions.csv'; ring='$ring'; place='$place'; svg='$OUT/$ring-$place.svg'" \
				"$TOP/tooling/bench/cost.gnuplot" 2>"$OUT/gnuplot.log" ||
				fail "gnuplot: $(head -n 1 "$OUT/gnuplot.log")"
		done
	done
	gnuplot -e "csv='$OUT/instructions.csv'; linux='$(stamp_get kernel)'" "$TOP/tooling/bench/ratio.gnuplot" \
		2>"$OUT/gnuplot.log" >"$OUT/cost" || fail "gnuplot: $(head -n 1 "$OUT/gnuplot.log")"
	sed '1a <!-- SPDX-License-Identifier: GPL-2.0 -->' "$OUT/cost" >"$OUT/cost.svg"
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
build_bench
say 'counting instructions'
count
print_table >"$OUT/table.txt"
print_targets >"$OUT/targets.txt"
say 'plotting'
plot
say 'timing: untouched and patched in turn'
measure_time
result_of "$OUT/instructions.csv" "$tree"
result_of "$OUT/time.csv" "$tree"
cat "$OUT/table.txt"
echo
cat "$OUT/targets.txt"
say "CSV, tables and plots are in $OUT"
