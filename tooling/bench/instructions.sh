# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by bench-guest.sh: counts the instructions that an I/O takes, in a
# guest whose QEMU counts them (insns.c), and leaves in $RUN
#
#	instructions.csv	for each round: kernel, device, work, round, I/Os,
#				instructions, of them in user space, in virtio
#	profile.csv		for each work and function: instructions per I/O
#
# "virtio" is what was compiled from the drivers, the transport and the ring.

UDP_BYTES=128k TCP_BYTES=32m
WORKS=20			# in a round: disk.fio on three disks, and two of net
TURNS=10000000			# of the loop that proves the counting
# A disk's answer takes longer than the way into idle, or it would depend on the
# host whether the guest has gone to sleep.  A packet is on its way as long as
# virtio-net's own timer says.
LATENCY=200000			# ns

# as they sit on the bus: name, PCI slot
DEVICES=('blk 04' 'blk-packed 05' 'scsi 06' 'net 07' 'peer 08')

null_disk() {
	printf 'driver=null-co,node-name=%s,size=%d,latency-ns=%d' "$1" $((1 << 40)) "$LATENCY"
}

# count_args KERNEL: QEMU's
count_args() {
	local pci=bus=pcie.0,disable-legacy=on,addr=0x
	printf '%s\n' -initrd ../initramfs \
		-plugin "../insns.so,map=$KERNELS/$1/System.map,mark=__x64_sys_sethostname,out=counts" \
		-blockdev "$(null_disk blk)" -device "virtio-blk-pci,drive=blk,num-queues=1,${pci}04" \
		-blockdev "$(null_disk blk-packed)" -device "virtio-blk-pci,drive=blk-packed,num-queues=1,packed=on,${pci}05" \
		-blockdev "$(null_disk scsi)" -device "virtio-scsi-pci,id=scsi,num_queues=1,${pci}06" \
		-device 'scsi-hd,bus=scsi.0,drive=scsi' \
		-netdev 'hubport,id=net,hubid=0' -device "virtio-net-pci,netdev=net,tx=timer,${pci}07" \
		-netdev 'hubport,id=peer,hubid=0' -device "virtio-net-pci,netdev=peer,tx=timer,${pci}08"
}

make_counting_guest() {
	local api=1 major
	major=$("$QEMU" --version | sed -n '1s/.*version \([0-9]*\).*/\1/p')
	[ "$major" -lt 9 ] || api=2
	gcc -O2 -Wall -shared -fPIC "-DAPI_VERSION=$api" -o "$RUN/insns.so" "$BENCH/insns.c"
	gcc -O2 -Wall -static -o "$RUN/mark" "$BENCH/mark.c"
	printf '%s\n' "${DEVICES[@]}" >"$RUN/devices"
	{
		spec_base "$BENCH/guest.init"
		spec_programs "$(command -v fio)"
		echo "file /usr/bin/mark $RUN/mark 755 0 0"
		echo "file /disk.fio $BENCH/disk.fio 644 0 0"
		echo "file /net.fio $BENCH/net.fio 644 0 0"
		echo "file /devices $RUN/devices 644 0 0"
	} | initramfs "$RUN/initramfs"
}

# count KERNEL: one guest, all rounds, into $RUN/counted
count() {
	local args dir=$RUN/$1
	mapfile -t args < <(count_args "$1")
	say "counting instructions, kernel $1, console in $dir/console.log"
	OBJ=$KERNELS/$1 run_guest "bench-guest/$1" "$LIMIT" \
		"norandmaps ROUNDS=$ROUNDS FEW=$FEW MANY=$MANY UDP_BYTES=$UDP_BYTES TCP_BYTES=$TCP_BYTES TURNS=$TURNS" "${args[@]}"
	tr -d '\r' <"$dir/report" >"$dir/report.txt"
	check_counts "$dir"
	decode "$1" >>"$RUN/counted"
}

# check_counts DIR: everything was done, by the rings that we asked for, and what
# was counted for the loop is what it takes
check_counts() {
	local works loop
	! grep '^failed ' "$1/report.txt" >&2 || die 'the guest could not do its work'
	works=$(grep -c '^measured ' "$1/report.txt")
	[ "$works" -eq $((WORKS * (ROUNDS + 1))) ] ||
		die "the guest did $works pieces of work, not $((WORKS * (ROUNDS + 1)))"
	[ "$(tail -n 1 "$1/counts" | cut -f 1)" -eq $((2 * works + 1)) ] ||
		die "$1/counts: the marks are not those of $works pieces of work"
	loop=$(awk '$1 == 1 { sum += $3 } END { print sum + 0 }' "$1/counts")
	[ $((loop / (2 * TURNS / 100))) -eq 100 ] ||
		die "$loop instructions were counted where $((2 * TURNS)) were executed"
	awk '$1 == "features" {
		ring = substr($3, 29, 1) substr($3, 30, 1) substr($3, 35, 1)
		if (ring != ($2 == "blk-packed" ? "111" : "110")) exit 1
	}' "$1/report.txt" || die "$1/report: not the rings that were asked for"
}

# decode KERNEL: what was counted, by function: kernel, device, work, round, I/Os,
# function, what it belongs to, instructions.  Not round 0.  Segment 2k + 1 of the
# counts is the k-th work.
decode() {
	awk -v OFS=, -v kernel="$1" '
	BEGIN { owner["user"] = "user" }
	FILENAME ~ /functions$/ { owner[$1] = "virtio"; next }
	$1 == "measured" {
		split($4, part, "-")
		size = part[2] * (part[2] ~ /k$/ ? 1024 : 1)
		work[++n] = $2 > 0 ? kernel OFS $3 OFS $4 OFS $2 OFS $5 / size : ""
	}
	FILENAME ~ /report.txt$/ { next }
	$1 % 2 && $1 > 1 && work[($1 - 1) / 2] != "" {
		print work[($1 - 1) / 2], $2, $2 in owner ? owner[$2] : "kernel", $3
	}' "$KERNELS/$1/functions" "$RUN/$1/report.txt" "$RUN/$1/counts"
}

# tally: of what is decoded, the sums of each round
tally() {
	echo kernel,device,work,round,ios,instructions,user,virtio
	awk -F , -v OFS=, '
	{ key = $1 OFS $2 OFS $3 OFS $4 OFS $5; all[key] += $8; of[key, $7] += $8 }
	END { for (key in all) print key, all[key], of[key, "user"] + 0, of[key, "virtio"] + 0 }' | sort
}

# profile: of what is decoded, each function's instructions per I/O, both kernels
# side by side, the dearest first
profile() {
	echo device,work,function,base,series,belongs
	awk -F , -v OFS=, '
	!(($1, $2, $3, $4) in seen) { seen[$1, $2, $3, $4]; ios[$1, $2, $3] += $5 }
	{ sum[$1, $2, $3, $6] += $8; owner[$2 OFS $3 OFS $6] = $7 }
	function per_io(kernel, f) { return sum[kernel, f[1], f[2], f[3]] / ios[kernel, f[1], f[2]] }
	END {
		for (key in owner) {
			split(key, f, OFS)
			base = per_io("base", f); series = per_io("series", f)
			if (base + series >= 1)
				printf "%s,%.1f,%.1f,%s\n", key, base, series, owner[key]
		}
	}' | sort -t , -k 1,2 -k 5,5gr -k 4,4gr
}
