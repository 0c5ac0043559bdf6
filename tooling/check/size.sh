#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The ring in a configuration without our debugging (defconfig and kvm_guest.config):
# lines of code, the longest function, text.  It is measured untouched, with the fixes
# in front, with the builder, with the tables that are kept, with the tracepoints, which
# are mostly what the kernel's macros make of them, and with all of the series.
#
# With the builder there must be, with gcc 12, no more text than in the untouched ring,
# and at most 5 % more lines than with the fixes; with the tables at most 5 % more text
# and 10 % more lines than in the untouched ring.  No function has more than 60 lines.
# Other compilers' text is reported.  All is left in $RESULTS/size.txt.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/kernel.sh
. "$TOP/tooling/lib/kernel.sh"
# shellcheck source=tooling/lib/results.sh
. "$TOP/tooling/lib/results.sh"

need_packages cloc
SIZE_OBJ=$EACH_O/$BASE/obj-size
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

sources() {
	(cd "$EACH/drivers/virtio" && ls virtio_ring.c virtqueue_buf.c virtqueue_mapped.c vring.h 2>/dev/null) || true
}

# measure NAME COMMIT: a line, and the object file $SCRATCH/NAME.o
measure() {
	local files
	go_to "$2"
	compile_in "$SIZE_OBJ" defconfig kvm_guest.config >"$SCRATCH/log" 2>&1 ||
		{ tail "$SCRATCH/log"; fail "$1: no configuration"; }
	mapfile -t files < <(sources)
	compile_in "$SIZE_OBJ" drivers/virtio/virtio_ring.o >"$SCRATCH/log" 2>&1 || { tail "$SCRATCH/log"; fail "$1 does not compile"; }
	cp "$SIZE_OBJ/drivers/virtio/virtio_ring.o" "$SCRATCH/$1.o"
	(cd "$EACH/drivers/virtio" && cloc --quiet --csv "${files[@]}") >"$SCRATCH/cloc"
	LINES_OF_CODE[$1]=$(tail -n 1 "$SCRATCH/cloc" | cut -d , -f 5)
	TEXT[$1]=$(size "$SCRATCH/$1.o" | awk 'NR == 2 { print $1 }')
	LONGEST=$(cd "$EACH/drivers/virtio" && awk '
		/^\{/ { start = FNR }
		/^\}/ { if (start && FNR - start - 1 > longest) longest = FNR - start - 1; start = 0 }
		END { print longest + 0 }' "${files[@]}")
	printf '%-8s %13s %22s\n' "$1" "${LINES_OF_CODE[$1]}" "$LONGEST"
}

# in_front_of SUBJECT: the commit before the first one with that subject
in_front_of() {
	local commit
	commit=$(kgit log --format=%H --fixed-strings --grep="$1" base..series | tail -n 1)
	[ -n "$commit" ] || fail "no patch '$1'"
	kgit rev-parse "$commit^"
}

# at_most NAME WHAT NUMBER PERCENT OTHER WHOSE: NUMBER is no more than so much of OTHER
at_most() {
	[ "$3" -le $(($5 * $4 / 100)) ] || fail "$1: $3 $2, $5 $6"
}

declare -A LINES_OF_CODE TEXT
{
	printf '%-8s %13s %22s\n' '' 'lines of code' 'longest body, lines'
	measure base base
	measure fixes "$(in_front_of 'virtio_ring: move private types')"
	measure builder "$(in_front_of 'virtio_ring: keep small indirect tables')"
	measure tables "$(in_front_of 'virtio_ring: add tracepoints')"
	measure traced "$(in_front_of 'virtio: add virtqueue_add_bvec()')"
	measure series series
	echo
	size "$SCRATCH/"{base,fixes,builder,tables,traced,series}.o | sed "s|$SCRATCH/||"
	echo
	# functions, data, read-only data
	"$EACH/scripts/bloat-o-meter" -c "$SCRATCH/base.o" "$SCRATCH/series.o" | grep -E '^(add/remove|Total)'
} >"$SCRATCH/size.txt"
cat "$SCRATCH/size.txt"
mkdir -p "$RESULTS"
cp "$SCRATCH/size.txt" "$RESULTS/size.txt"
result_of "$RESULTS/size.txt" "$(kgit rev-parse 'series^{tree}')"
[ "$LONGEST" -le 60 ] || fail "a function of the ring has $LONGEST lines"
at_most builder 'lines of code' "${LINES_OF_CODE[builder]}" 105 "${LINES_OF_CODE[fixes]}" 'with the fixes alone'
at_most tables 'lines of code' "${LINES_OF_CODE[tables]}" 110 "${LINES_OF_CODE[base]}" 'without the series'
# compiler may be two words, ccache and gcc
gcc=$(compiler)
version=$(${gcc#ccache } -dumpversion)
if [ "${version%%.*}" = 12 ]; then
	at_most builder 'bytes of text' "${TEXT[builder]}" 100 "${TEXT[base]}" 'without the series'
	at_most tables 'bytes of text' "${TEXT[tables]}" 105 "${TEXT[base]}" 'without the series'
fi
say "the ring: ${LINES_OF_CODE[series]} lines of code (${LINES_OF_CODE[base]} without the series), ${TEXT[series]} bytes of text (${TEXT[base]}); with the builder alone ${LINES_OF_CODE[builder]} and ${TEXT[builder]}"
