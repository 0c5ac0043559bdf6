#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: mutants.sh [NAME...]
#
# Puts each fault of the table 'mutants' and of this kernel's (or those named) into
# a copy of the ring, and runs the tests until one fails: that fault is killed.  A fault that is
# not, though the table does not say why, one that does not apply any more, and
# one that does not compile, make this fail; also less than 95 % killed.
#
# Environment: O= where to build (default build/mutants), J= faults at a time,
# RING_DIR= the ring, BASE_RING= for those tests that need it, RUNS= inputs of
# the fuzz targets' generator.

set -euo pipefail
export LC_ALL=C ASAN_OPTIONS=detect_leaks=0
unset MAKEFLAGS MFLAGS MAKELEVEL BIG COV DEBUG FUZZ PLAIN

HERE=$(cd "$(dirname "$0")" && pwd)
RING=$(realpath "${RING_DIR:-$HERE/../../../drivers/virtio}")
BASE_RING=${BASE_RING:+$(realpath "$BASE_RING")}
OUT=$(realpath -m "${O:-$HERE/build/mutants}")
J=${J:-$(nproc)}
RUNS=${RUNS:-20000}
FILES=(virtio_ring.c virtqueue_buf.c vring.h vring_trace.h)
[ ! -f "$RING/virtqueue_mapped.c" ] || FILES+=(virtqueue_mapped.c)

# In this order: the quick ones first
TESTS=(smoke paths mapped past pieces given_up read_back full interrupted
	anywhere "small --depth 3" "differential --sequences 20000"
	"fuzz_honest -corpus=$HERE/fuzz_honest.corpus -runs=$RUNS"
	"fuzz_hostile -corpus=$HERE/fuzz_hostile.corpus -runs=$RUNS")
# The hostile device is no test for a DEBUG build, which stops at bad input.
DEBUG_TESTS=(smoke paths given_up "fuzz_honest -corpus=$HERE/fuzz_honest.corpus")
BIG_TESTS=(smoke)

# build DIR [DEBUG=1 or BIG=1]: the programs, with the ring in DIR/ring
build() {
	make -s -C "$HERE" SAN=1 OPT=-O1 RING_DIR="$1/ring" BASE_RING="$BASE_RING" \
		O="$1/obj${2:-}" ${2:+"$2"} >"$1/log" 2>&1
}

# killer OBJ TEST...: the first test that fails; status 1 if none does.  One that takes
# two minutes of the processor hangs.
killer() {
	local obj=$1 test command
	shift
	for test; do
		read -ra command <<<"$test"
		[ -x "$obj/${command[0]}" ] || continue
		(ulimit -t 120 && exec "$obj/${command[0]}" "${command[@]:1}") \
			>"$obj/output" 2>&1 || {
			echo "${command[0]}"
			return
		}
	done
	return 1
}

# copy_ring DIR: the ring as it should be; what does not differ stays, and is
# not compiled again
copy_ring() {
	local file
	mkdir -p "$1/ring"
	for file in "${FILES[@]}"; do
		cmp -s "$RING/$file" "$1/ring/$file" || cp "$RING/$file" "$1/ring/$file"
	done
}

# verdict DIR FILE SCRIPT: of one fault
verdict() {
	local dir=$1 file=$2 script=$3 by
	copy_ring "$dir"
	sed "$script" "$RING/$file" >"$dir/new" || { echo 'does not apply'; return; }
	! cmp -s "$dir/new" "$RING/$file" || { echo 'does not apply'; return; }
	cp "$dir/new" "$dir/ring/$file"
	build "$dir" || { echo 'does not compile'; return; }
	if by=$(killer "$dir/obj" "${TESTS[@]}"); then
		echo "killed by $by"
	elif build "$dir" DEBUG=1 && by=$(killer "$dir/objDEBUG=1" "${DEBUG_TESTS[@]}"); then
		echo "killed by $by, DEBUG"
	elif build "$dir" BIG=1 && by=$(killer "$dir/objBIG=1" "${BIG_TESTS[@]}"); then
		echo "killed by $by, BIG"
	else
		echo survived
	fi
}

# table: "name|file|script|what|why" of the faults that are wanted
table() {
	awk -F ' [|] ' -v wanted=" $* " '
		/^(#|$)/ { next }
		NF < 4 { print "mutants: not four fields: " $0 > "/dev/stderr"; exit 2 }
		wanted == "  " || index(wanted, " " $1 " ") { print $1 "|" $2 "|" $3 "|" $4 "|" $5 }
	' "$HERE/mutants" "$HERE/this_kernel.mutants"
}

# worker NUMBER: every J-th fault of the list
worker() {
	local dir=$OUT/$1 name file script what why found
	mkdir -p "$dir"
	awk -v j="$J" -v n="$1" 'NR % j == n' "$OUT/list" |
		while IFS='|' read -r name file script what why; do
			found=$(verdict "$dir" "$file" "${script//%/|}")
			printf '%s|%s|%s|%s\n' "$found" "$name" "$what" "$why" >>"$OUT/found"
			printf '%-24s %s: %s%s\n' "$found" "$name" "$what" "${why:+ ($why)}"
		done
}

summary() {
	awk -F '|' '
		$1 ~ /^killed/ { killed++; if ($4 != "") wrong = wrong " " $2 "(is killed)" }
		$1 == "survived" { survived++; if ($4 == "") wrong = wrong " " $2 }
		$1 ~ /^does not/ { wrong = wrong " " $2 "(" $1 ")" }
		END {
			printf "%d faults: %d killed, %d survived, %.1f %% killed\n",
				NR, killed, survived, 100 * killed / NR
			if (wrong != "") print "wrong:" wrong
			exit wrong != "" || killed < 0.95 * NR
		}' "$OUT/found"
}

case ${1:-} in
-*) echo "usage: ${0##*/} [NAME...]" >&2; exit 2 ;;
esac
mkdir -p "$OUT/clean"
table "$@" >"$OUT/list"
[ -s "$OUT/list" ] || { echo "usage: ${0##*/} [NAME...]: no such fault" >&2; exit 2; }
: >"$OUT/found"

copy_ring "$OUT/clean"
build "$OUT/clean" || { cat "$OUT/clean/log" >&2; exit 2; }
! by=$(killer "$OUT/clean/obj" "${TESTS[@]}") ||
	{ echo "the ring fails without any fault: $by" >&2; exit 2; }

trap 'trap - INT TERM; kill 0' INT TERM
for ((i = 0; i < J; i++)); do
	worker "$i" &
done
wait
summary
