#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: [ROUNDS=5] [FEW=2048] [MANY=4096] bench-guest.sh [instructions|iops]
#
# What whole I/Os cost with the untouched kernel and with the series: built from
# the same configuration by the same compiler, in the same guest.  Counts the
# instructions that an I/O takes in QEMU, and times I/Os in User-mode Linux.
# Leaves CSV files and plots in $RESULTS/bench-guest, and prints a table.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/kernel.sh
. "$TOP/tooling/lib/kernel.sh"
# shellcheck source=tooling/lib/results.sh
. "$TOP/tooling/lib/results.sh"

ROUNDS=${ROUNDS:-5}
FEW=${FEW:-2048} MANY=${MANY:-4096}	# I/Os one at a time, and in batches of 32

GUEST=$TOP/tooling/guest
# shellcheck source=tooling/guest/qemu.sh
. "$GUEST/qemu.sh"
# shellcheck source=tooling/guest/initramfs.sh
. "$GUEST/initramfs.sh"
BENCH=$TOP/tooling/bench
# shellcheck source=tooling/bench/instructions.sh
. "$BENCH/instructions.sh"
# shellcheck source=tooling/bench/uml.sh
. "$BENCH/uml.sh"

RUN=$RESULTS/bench-guest
KERNELS=$BUILD/bench-guest	# base/ and series/: the kernels, each with a note of what it was made from
LIMIT=${LIMIT:-1800}		# seconds, for one guest
ACCEL=count
IMAGE=				# the two kernels are our own

# kernel COMMIT ARCH FILE FRAGMENTS: FILE in $KERNELS/COMMIT is that kernel.  Both
# commits are built in one directory, so the second takes a minute.
kernel() {
	local commit=$1 arch=$2 file=$3 fragments=$4 dir=$KERNELS/$1 key name
	local obj=$EACH_O/$BASE/obj-bench-$arch
	key=$(
		kgit rev-parse "$commit^{tree}"
		gcc --version | head -n 1
		for name in $fragments; do cat "$GUEST/$name.config"; done | sha256sum
	)
	[ "$(cat "$dir/$file.key" 2>/dev/null)" != "$key" ] || return 0
	say "kernel $commit, $arch"
	mkdir -p "$dir/usr"
	rm -f "$dir/$file.key"
	go_to "$commit"
	KERNEL_ARCH=$arch FRAGMENTS=$fragments O=$EACH_O OBJ=$obj "$TOP/tooling/build.sh"
	cp "$obj/vmlinux" "$dir/$file"
	cp "$obj/usr/gen_init_cpio" "$dir/usr"
	[ "$arch" = um ] || describe "$obj" "$dir"
	echo "$key" >"$dir/$file.key"
}

# describe OBJ DIR: the functions of the kernel, and which of them are virtio's
describe() {
	cp "$1/System.map" "$2"
	find "$1"/drivers/{virtio,block/virtio_blk.o,scsi/virtio_scsi.o,net/virtio_net.o} -name '*.o' \
		-exec nm {} + | awk '$2 ~ /^[tT]$/ { print $3 }' | sort -u >"$2/functions"
}

# values: all that was measured, "device,work,what,kernel,value", per I/O
values() {
	local file
	for file; do
		awk -F , -v OFS=, -v file="$file" '
		FNR == 1 { next }
		file == "iops" { print "uml", $2, file, $1, $4; next }
		{ print $2, $3, file, $1, $6 / $5; print $2, $3, "virtio", $1, $8 / $5 }' "$RUN/$file.csv"
	done
}

# summary: of the rounds the median, and how far they lie apart, in percent of it:
# all of them where instructions are counted, the middle half of them where the
# clock is read, as anything may delay a round
summary() {
	echo device,work,what,base,series,ratio,spread_base,spread_series
	sort -t , -k 1,3 -k 4,4 -k 5,5g | awk -F , '
	function median() { return (v[int((n + 1) / 2)] + v[int(n / 2) + 1]) / 2 }
	function spread(	first) {
		first = what ~ /iops$/ ? int((n + 3) / 4) : 1
		return (v[n + 1 - first] - v[first]) / median() * 100
	}
	function close_group() {
		middle[kernel] = median()
		apart[kernel] = spread()
		if (kernel == "series")
			printf "%s,%.0f,%.0f,%.3f,%.2f,%.2f\n", what, middle["base"], middle["series"],
				middle["series"] / middle["base"], apart["base"], apart["series"]
		n = 0
	}
	{
		if (n && (kernel != $4 || what != $1 "," $2 "," $3)) close_group()
		what = $1 "," $2 "," $3; kernel = $4; v[++n] = $5
	}
	END { close_group() }'
}

# what both tables share; the spread is the larger of the two
# shellcheck disable=SC2016 # awk's variables, not ours
TABLE='
	function columns() { return sprintf("%8s %8s %6s %8s", "base", "series", "ratio", "spread") }
	function figures() { return sprintf("%8d %8d %6.3f %6.2f %%", $4, $5, $6, $7 > $8 ? $7 : $8) }
	function row(one, two, three, four,	line) {
		line = sprintf("%-10s  %-15s  %-33s  %s", one, two, three, four)
		sub(/ +$/, "", line)
		print line
	}'

print_instructions() {
	awk -F , "$TABLE"'
	BEGIN {
		row("", "", "instructions per I/O: whole guest", "drivers, transport and ring")
		row("device", "I/O", columns(), columns())
	}
	$3 == "instructions" { all = figures() }
	$3 == "virtio" { row($1, $2, all, figures()) }' "$RUN/summary.csv"
}

print_iops() {
	awk -F , "$TABLE"'
	BEGIN { row("", "", "I/Os per second"); row("device", "I/O", columns()) }
	$3 == "iops" { row($1, $2, figures()) }' "$RUN/summary.csv"
}

plot() {
	(cd "$RUN" && gnuplot "$BENCH/guest.gnuplot") || die "gnuplot: no plots in $RUN"
}

bench_instructions() {
	kernel series x86_64 vmlinux "kernel x86_64 bench"
	kernel base x86_64 vmlinux "kernel x86_64 bench"
	make_counting_guest
	count base
	count series
	tally <"$RUN/counted" >"$RUN/instructions.csv"
	profile <"$RUN/counted" >"$RUN/profile.csv"
	rm "$RUN/counted"
}

bench_iops() {
	kernel series um linux um
	kernel base um linux um
	make_uml_guest
	echo 'kernel,work,round,iops' >"$RUN/iops.csv"
	time_uml
}

main() {
	local parts=(instructions iops) part
	case $# in
	0) ;;
	1) parts=("$1") ;;
	*) die 'usage: bench-guest.sh [instructions|iops]' ;;
	esac
	declare -F "bench_${parts[0]}" >/dev/null || die 'usage: bench-guest.sh [instructions|iops]'
	[[ $ROUNDS,$FEW,$MANY =~ ^[1-9][0-9]*,[1-9][0-9]*,[1-9][0-9]*$ ]] ||
		die "ROUNDS=$ROUNDS FEW=$FEW MANY=$MANY: not numbers"
	[ "$ARCH" = x86_64 ] || die "ARCH=$ARCH: bench-guest supports only x86_64"
	need_packages build-essential flex bison bc libelf-dev busybox-static fio \
		qemu-system-x86 qemu-system-common qemu-utils gnuplot-nox
	check_qemu
	[ -e "$LINUX/Makefile" ] || die "no kernel tree at $LINUX: make tree"
	one_at_a_time guest
	OBJ=$KERNELS/series
	rm -rf "$RUN"
	need_space 2000 "$RUN"
	mkdir -p "$RUN/uml"
	for part in "${parts[@]}"; do
		"bench_$part"
	done
	values "${parts[@]}" | summary >"$RUN/summary.csv"
	result_of "$RUN/summary.csv" "$(kgit rev-parse 'series^{tree}')"
	plot
	for part in "${parts[@]}"; do
		"print_$part" | tee "$RUN/$part.txt"
	done
	say "CSV files, plots and the profile are in $RUN"
}

main "$@"
