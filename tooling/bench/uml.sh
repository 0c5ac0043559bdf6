# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by bench-guest.sh: I/Os per second of virtio-blk at native speed, in
# User-mode Linux, from a vhost-user disk that qemu-storage-daemon serves and
# that answers at once.  The kernels take turns.  Leaves $RUN/iops.csv: kernel,
# work, round, I/Os per second.

UML_FEW=$((5 * FEW)) UML_MANY=$((20 * MANY))	# so that a section takes seconds
UML_ROUNDS=$((3 * ROUNDS))	# times scatter, and a boot is short
UML_LIMIT=1800			# seconds, for one boot; only one that hangs takes so long

make_uml_guest() {
	{
		spec_base "$BENCH/um.init"
		spec_programs "$(command -v fio)"
		echo "file /disk.fio $BENCH/disk.fio 644 0 0"
	} | initramfs "$RUN/uml/initramfs"
}

# boot_uml KERNEL: one run of disk.fio, on a disk of its own
boot_uml() (
	cd "$RUN/uml" || exit
	rm -f disk
	qemu-storage-daemon --blockdev "driver=null-co,node-name=disk,size=$((1 << 40))" \
		--export 'type=vhost-user-blk,id=export,node-name=disk,addr.type=unix,addr.path=disk,writable=on,num-queues=1' &
	daemon=$!
	trap 'kill "$daemon" 2>/dev/null || true' EXIT
	until [ -S disk ]; do
		kill -0 "$daemon" || exit
		sleep 0.1
	done
	timeout --kill-after=5 "$UML_LIMIT" "$KERNELS/$1/linux" mem=256M initrd=initramfs \
		virtio_uml.device=disk:2 con=null con0=null,fd:1 panic=-1 \
		FEW="$UML_FEW" MANY="$UML_MANY"
)

# time_uml: all rounds, both kernels in turn
time_uml() {
	local round kernel log
	for round in $(seq "$UML_ROUNDS"); do
		say "User-mode Linux: round $round of $UML_ROUNDS"
		for kernel in base series; do
			log=$RUN/uml/$kernel.$round.log
			boot_uml "$kernel" </dev/null >"$log" 2>&1 || true
			grep -q '^fio: 0' "$log" ||
				die "User-mode Linux, kernel $kernel: $(grep -am 1 -E 'fio: |Kernel panic|epoll|rror' "$log" || tail -n 1 "$log") (log: $log)"
			tr -d '\r' <"$log" | awk -F ';' -v OFS=, -v kernel="$kernel" -v round="$round" '
				$1 == 3 { print kernel, $3, round, $8 + $49 }' >>"$RUN/iops.csv"
		done
	done
}
