#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The ring, untouched and patched, in a configuration without our debugging
# (defconfig and kvm_guest.config): lines of code, the longest function, text.
# There must be no function of more than 60 lines, no more than 8 % more lines, and with
# gcc 12 no more than 1 % more text, not counting what the kernel's macros make of the
# events in include/trace/events/virtio_ring.h, and what is out of line for them: what keeps tables mapped, unmaps what a deleted
# queue holds, gives up an open buffer, and repairs a completion in the middle of an add
# takes some.  Other compilers' text is reported.  All is left in $RESULTS/size.txt.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=tooling/check/kernel.sh
. "$TOP/tooling/check/kernel.sh"
# shellcheck source=tooling/results.sh
. "$TOP/tooling/results.sh"

need_packages cloc
SIZE_OBJ=$EACH_O/$BASE/obj-size
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

sources() {
	(cd "$EACH/drivers/virtio" && ls virtio_ring.c virtqueue_buf.c virtqueue_mapped.c vring.h 2>/dev/null) || true
}

# measure COMMIT: LINES, LONGEST and the object file $SCRATCH/COMMIT.o
measure() {
	local files
	go_to "$1"
	compile_in "$SIZE_OBJ" defconfig kvm_guest.config >"$SCRATCH/log" 2>&1 ||
		{ tail "$SCRATCH/log"; fail "$1: no configuration"; }
	mapfile -t files < <(sources)
	compile_in "$SIZE_OBJ" drivers/virtio/virtio_ring.o >"$SCRATCH/log" 2>&1 || { tail "$SCRATCH/log"; fail "$1 does not compile"; }
	cp "$SIZE_OBJ/drivers/virtio/virtio_ring.o" "$SCRATCH/$1.o"
	(cd "$EACH/drivers/virtio" && cloc --quiet --csv "${files[@]}") >"$SCRATCH/cloc"
	LINES_OF_CODE=$(tail -n 1 "$SCRATCH/cloc" | cut -d , -f 5)
	LONGEST=$(cd "$EACH/drivers/virtio" && awk '
		/^\{/ { start = FNR }
		/^\}/ { if (start && FNR - start - 1 > longest) longest = FNR - start - 1; start = 0 }
		END { print longest + 0 }' "${files[@]}")
	printf '%-8s %13s %22s\n' "$1" "$LINES_OF_CODE" "$LONGEST"
}

{
	printf '%-8s %13s %22s\n' '' 'lines of code' 'longest body, lines'
	measure base
	lines=$LINES_OF_CODE
	measure series
	echo
	size "$SCRATCH/base.o" "$SCRATCH/series.o" | sed "s|$SCRATCH/||"
	echo
	# functions, data, read-only data
	"$EACH/scripts/bloat-o-meter" -c "$SCRATCH/base.o" "$SCRATCH/series.o" | grep -E '^(add/remove|Total)'
} >"$SCRATCH/size.txt"
cat "$SCRATCH/size.txt"
mkdir -p "$RESULTS"
cp "$SCRATCH/size.txt" "$RESULTS/size.txt"
result_of "$RESULTS/size.txt" "$(kgit rev-parse 'series^{tree}')"
[ "$LINES_OF_CODE" -le $((lines * 108 / 100)) ] ||
	fail "the ring has $LINES_OF_CODE lines of code, $lines without the series"
[ "$LONGEST" -le 60 ] || fail "a function of the ring has $LONGEST lines"
EVENTS='trace_event_(raw_event|raw_init|get_offsets)_|trace_raw_output_|perf_trace_|__traceiter_|__bpf_trace_|__probestub_|vring_(trace_add|traced_|added_traced|get_buf_traced)'
text_of() {
	local text events
	text=$(size "$SCRATCH/$1.o" | awk 'NR == 2 { print $1 }')
	# size counts read-only data and unwind tables as text: only the functions come off
	events=$(nm -S --defined-only "$SCRATCH/$1.o" | awk -v events="^($EVENTS)" '
		$3 ~ /^[tT]$/ && $4 ~ events { print $2 }' | sed 's/^/0x/' | paste -sd+)
	echo $((text - (${events:-0})))
}
# compiler may be two words, ccache and gcc
gcc=$(compiler)
version=$(${gcc#ccache } -dumpversion)
if [ "${version%%.*}" = 12 ] && [ "$(text_of series)" -gt $(($(text_of base) * 101 / 100)) ]; then
	fail "the ring's text is $(text_of series) bytes, $(text_of base) without the series"
fi
say "the ring: $LINES_OF_CODE lines of code ($lines without the series); functions: $(sed -n '/^Total/ { s/^Total: //p; q }' "$RESULTS/size.txt")"
