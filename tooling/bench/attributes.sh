#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: [COMPILERS='gcc-12 clang'] attributes.sh
#
# What each noinline of the ring is good for: the instructions of some requests, and the
# text of the ring, as it is and without the one.  In user space, as make bench has it.
# The table is left in $RESULTS/attributes.txt.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"
# shellcheck source=tooling/lib/results.sh
. "$TOP/tooling/lib/results.sh"
# shellcheck source=tooling/bench/count.sh
. "$TOP/tooling/bench/count.sh"

COMPILERS=${COMPILERS:-gcc-12 clang}
SCRATCH=$BUILD/attributes
FILES=(virtio_ring.c virtqueue_buf.c)

# way, ring, place, dma, pieces, what: the columns
CASES=('piecewise,split,indirect,physical,3,add' 'piecewise,packed,direct,physical,3,add'
	'single,split,direct,physical,1,add' 'piecewise,split,direct,physical,130,add'
	'piecewise,split,indirect,mapped,3,add' 'piecewise,split,direct,mapped,130,add'
	'piecewise,split,direct,physical,3,get' 'piecewise,packed,direct,mapped,3,get'
)

# functions: those that are noinline, with their files
functions() {
	local file
	for file in "${FILES[@]}"; do
		awk -v file="$file" '
			/^static noinline/ { wait = 1 }
			wait && match($0, /[a-z_]+\(/) {
				print file, substr($0, RSTART, RLENGTH - 1)
				wait = 0
			}' "$LINUX/drivers/virtio/$file"
	done
}

# without FILE FUNCTION: a copy of the ring in which it is an ordinary function
without() {
	rm -rf "$SCRATCH/ring"
	cp -r "$LINUX/drivers/virtio" "$SCRATCH/ring"
	[ $# -gt 0 ] || return 0
	awk -v name="$2(" '
		{ line[NR] = $0 }
		/^static noinline/ { at = NR }
		at && index($0, name) { sub(/ noinline/, "", line[at]); done = 1 }
		/[a-z_]\(/ { at = 0 }
		END { for (i = 1; i <= NR; i++) print line[i]; exit !done }' \
		"$LINUX/drivers/virtio/$1" >"$SCRATCH/ring/$1" || fail "$1: no noinline $2()"
}

# measure NAME: a line of the table
measure() {
	local columns
	rm -rf "$SCRATCH/obj"
	# valgrind 3.19 cannot read what clang writes by default
	build_bench "$SCRATCH" CC="$CC -gdwarf-4" RING_DIR="$SCRATCH/ring"
	columns=$(count_bench "$SCRATCH" | awk -F, -v cases="${CASES[*]}" '
		$6 == "array" { cost[$1 "," $2 "," $3 "," $4 "," $5 "," $7] = $8 }
		END {
			n = split(cases, c, " ")
			for (i = 1; i <= n; i++) printf "%7s", cost[c[i]]
		}')
	printf '%-32s %6d %s\n' "$1" \
		"$(size "$SCRATCH/obj/series-virtio_ring.o" | awk 'NR == 2 { print $1 }')" "$columns"
}

table() {
	local i file function
	for i in "${!CASES[@]}"; do
		echo "($((i + 1))) ${CASES[i]//,/ }"
	done
	for CC in $COMPILERS; do
		printf '\n%-32s %6s %s\n' "$("$CC" --version | head -n 1 | cut -c 1-32)" text \
			"$(for i in "${!CASES[@]}"; do printf '%7s' "($((i + 1)))"; done)"
		without
		measure 'as it is'
		while read -r file function; do
			without "$file" "$function"
			measure "without $function"
		done < <(functions)
	done
}

need_packages git build-essential clang valgrind
"$TOP/tooling/tree.sh"
need_writable "$SCRATCH"
need_writable "$RESULTS"
table | tee "$SCRATCH/table"
mv "$SCRATCH/table" "$RESULTS/attributes.txt"
result_of "$RESULTS/attributes.txt" "$(tree_id)"
