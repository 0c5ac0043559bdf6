#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: [CONVERTED=drivers] [GUEST_CMDLINE=parameters] boot.sh [DEVICES]
#
# Boots one guest with the devices of guest/devices (or of the file named),
# lets it do real I/O through each of them, and compares what the guest saw
# with what the host has.  Ends with a table; the same in $RESULTS/boot.tsv,
# and, as test results, in boot.ktap and boot.xml (JUnit).

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

GUEST=$TOP/tooling/guest
# shellcheck source=tooling/guest/qemu.sh
. "$GUEST/qemu.sh"
# shellcheck source=tooling/guest/initramfs.sh
. "$GUEST/initramfs.sh"
# shellcheck source=tooling/results.sh
. "$TOP/tooling/results.sh"

DEVICES=${1:-$GUEST/devices}
RUN=$RESULTS/boot		# QEMU's working directory
TSV=$RESULTS/boot.tsv
DISK_BYTES=$((64 << 20))	# of an image: all of it is written and read
NET_BYTES=$((16 << 20))		# each way
RNG_BYTES=$((64 << 10))
FIRST_SLOT=4			# on the PCI bus
LIMIT=${LIMIT:-240}		# seconds, for the whole guest

NAMES=()			# the devices, in the order of the table
declare -A DRIVER SLOT RING INDIRECT EVENT_IDX OPTIONS	# by name
declare -A KIND			# of a call in guest/calls: new or classic
CONVERTED=${CONVERTED:-}	# drivers that must use the new calls, if not those of guest/calls
QEMU_ARGS=()
declare -A REPORT		# by name.key: what the guest said
declare -A COUNT		# by kind.virtioN: buffers

# rows FILE: the lines of a table, without its comments
rows() { grep -vE '^[[:space:]]*(#|$)' "$1"; }

read_tables() {
	local name driver ring indirect event_idx options kind converted=
	while read -r name driver ring indirect event_idx options; do
		declare -F "plug_$driver" >/dev/null ||
			die "$DEVICES: $name: no test for driver \"$driver\""
		SLOT[$name]=$(printf '%02x' $((FIRST_SLOT + ${#NAMES[@]})))
		NAMES+=("$name")
		DRIVER[$name]=$driver RING[$name]=$ring INDIRECT[$name]=$indirect
		EVENT_IDX[$name]=$event_idx OPTIONS[$name]=$options
	done < <(rows "$DEVICES")
	[ ${#NAMES[@]} -gt 0 ] || die "$DEVICES: no devices"

	while read -r kind name; do
		case $kind in
		new | classic) KIND[$name]=$kind ;;
		converted) converted+="$name " ;;
		*) die "guest/calls: what is \"$kind\"?" ;;
		esac
	done < <(rows "$GUEST/calls")
	CONVERTED=${CONVERTED:-$converted}
}

# virtio_options NAME: what every virtio device on PCI is asked for
virtio_options() {
	local packed=off
	[ "${RING[$1]}" = packed ] && packed=on
	printf 'bus=pcie.0,addr=0x%s,disable-legacy=on,packed=%s,indirect_desc=%s,event_idx=%s%s' \
		"${SLOT[$1]}" "$packed" "${INDIRECT[$1]}" "${EVENT_IDX[$1]}" \
		"${OPTIONS[$1]:+,${OPTIONS[$1]}}"
}

# A flush need not reach the host's disk: what is tested ends in QEMU.
plug_image() {
	truncate -s "$DISK_BYTES" "$RUN/$1.img"
	fallocate -p -o 0 -l 4096 "$RUN/$1.img" 2>/dev/null ||
		die "$RUN: no holes can be punched in its files, as discard needs; choose another O="
	QEMU_ARGS+=(-blockdev "driver=raw,node-name=$1,discard=unmap,cache.no-flush=on,file.driver=file,file.filename=$1.img,file.discard=unmap,file.cache.no-flush=on")
}

plug_virtio_blk() {
	plug_image "$1"
	QEMU_ARGS+=(-device "virtio-blk-pci,drive=$1,$(virtio_options "$1")")
}

plug_virtio_scsi() {
	plug_image "$1"
	QEMU_ARGS+=(-device "virtio-scsi-pci,id=$1-bus,$(virtio_options "$1")"
		-device "scsi-hd,bus=$1-bus.0,drive=$1")
}

# No port of the host is opened and nothing leaves it: two addresses that the
# guest can reach are commands here.  Port 1 swallows and counts, port 2 sends.
plug_virtio_net() {
	local net=10.0.$((0x${SLOT[$1]}))
	head -c "$NET_BYTES" /dev/urandom >"$RUN/$1.to-guest"
	QEMU_ARGS+=(-netdev "user,id=$1,net=$net.0/24,restrict=on,guestfwd=tcp:$net.100:1-cmd:sh -c 'head -c $NET_BYTES | tee $1.from-guest | wc -c',guestfwd=tcp:$net.100:2-cmd:cat $1.to-guest"
		-device "virtio-net-pci,netdev=$1,$(virtio_options "$1")")
}

# A stream that never repeats, and is longer than the guest can drain: lines of
# 64 bytes, as many as the driver asks for at once, that carry their number
plug_virtio_rng() {
	head -c $((27 * 32768)) /dev/urandom | od -An -v -tx1 -w27 | tr -d ' ' |
		awk '{ print 10000000 + NR, $0 }' >"$RUN/$1.stream"
	QEMU_ARGS+=(-object "rng-random,id=$1,filename=$1.stream"
		-device "virtio-rng-pci,rng=$1,$(virtio_options "$1")")
}

# A probe for each call: it fires on return, when the buffer has been accepted
# or not, and knows the name of the virtqueue's device.
guest_calls() {
	local call VQ_VDEV VDEV_NAME
	# shellcheck source=/dev/null
	. "$OBJ/offsets/offsets"
	for call in "${!KIND[@]}"; do
		# shellcheck disable=SC2016 # the kernel's variables, not ours
		printf '%s r:vq/%s %s dev=+0(+%d(+%d($arg1))):string ret=$retval:s32\n' \
			"$call" "$call" "$call" "$VDEV_NAME" "$VQ_VDEV"
	done
}

guest_devices() {
	local name
	for name in "${NAMES[@]}"; do
		printf '%s %s %s\n' "$name" "${DRIVER[$name]}" "${SLOT[$name]}"
	done
}

make_initramfs() {
	guest_calls >"$RUN/calls"
	guest_devices >"$RUN/devices"
	{
		spec_base "$GUEST/init"
		spec_programs "$(command -v fio)" "$(command -v sha256sum)"
		echo "file /disk.fio $GUEST/disk.fio 644 0 0"
		echo "file /calls $RUN/calls 644 0 0"
		echo "file /devices $RUN/devices 644 0 0"
	} | initramfs "$RUN/initramfs"
}

read_report() {
	local name key value vdev
	while read -r name key value; do
		if [ "$key" = calls ]; then
			vdev=${KIND[$name]}.${value% *}
			COUNT[$vdev]=$((${COUNT[$vdev]:-0} + ${value#* }))
		else
			REPORT[$name.$key]=${REPORT[$name.$key]:-$value}
		fi
	done < <(tr -d '\r' <"$RUN/report")
}

# said NAME KEY: from the guest's report
said() { echo "${REPORT[$1.$2]:-}"; }

# negotiated NAME: the ring that driver and device agreed on
negotiated() {
	local f=${REPORT[$1.features]:-} ring=split
	[ "${f:34:1}" = 1 ] && ring=packed
	[ "${f:28:1}" = 1 ] && ring+=' indirect'
	[ "${f:29:1}" = 1 ] && ring+=' event_idx'
	[ "${f:33:1}" = 1 ] && ring+=' access_platform'
	[ "${f:32:1}" = 1 ] || ring+=' legacy'
	echo "$ring"
}

asked() {
	local ring=${RING[$1]}
	[ "${INDIRECT[$1]}" = on ] && ring+=' indirect'
	[ "${EVENT_IDX[$1]}" = on ] && ring+=' event_idx'
	[[ ${OPTIONS[$1]} = *iommu_platform=on* ]] && ring+=' access_platform'
	echo "$ring"
}

# buffers NAME KIND: how many; n/a if the kernel has no call of that kind
buffers() {
	local call
	for call in "${!KIND[@]}"; do
		if [ "${KIND[$call]}" = "$2" ] && [ "$(said "$call" call)" = present ]; then
			echo "${COUNT[$2.$(said "$1" vdev)]:-0}"
			return
		fi
	done
	echo n/a
}

sum() { sha256sum | cut -d ' ' -f 1; }

# host_sum NAME: of what the host has, in the form that the guest uses
host_sum() {
	case ${DRIVER[$1]} in
	virtio_blk | virtio_scsi) sum <"$RUN/$1.img" ;;
	virtio_net) echo "$(sum <"$RUN/$1.from-guest")+$(sum <"$RUN/$1.to-guest")" ;;
	virtio_rng) stream_sum "$1" "$(said "$1" lines)" ;;
	esac
}

# stream_sum NAME RUNS: of those lines of the stream, "first-last first-last"
stream_sum() {
	awk -v runs="$2" '
	BEGIN {
		n = split(runs, run, " ")
		for (i = 1; i <= n; i++) {
			split(run[i], edge, "-"); first[i] = edge[1] + 0; last[i] = edge[2] + 0
		}
		i = 1
	}
	i <= n && $1 + 0 > last[i] { i++ }
	i <= n && $1 + 0 >= first[i] { print }
	' "$RUN/$1.stream" | sum
}

# constant FILE: one byte value from begin to end, so that a checksum says nothing
constant() {
	local first
	first=$(head -c 1 "$1" | od -An -to1 | tr -d ' ')
	[ "$(tr -d "\\$first" <"$1" | head -c 1 | wc -c)" -eq 0 ]
}

# expected NAME KEY: the least number of bytes read or written
expected() {
	case ${DRIVER[$1]}.$2 in
	virtio_rng.written) echo 0 ;;
	virtio_rng.read) echo "$RNG_BYTES" ;;
	virtio_net.*) echo "$NET_BYTES" ;;
	*) echo "$DISK_BYTES" ;;
	esac
}

# whats_wrong NAME HOST-SUM NEW CLASSIC: the first fault, or nothing
whats_wrong() {
	local name=$1 host_sum=$2 new=${3/n\/a/0} classic=${4/n\/a/0}
	if [ -n "$(said "$name" failed)" ]; then
		echo "in the guest: $(said "$name" failed)"
	elif [ "$(said "$name" tested)" != yes ]; then
		echo 'was not tested'
	elif [ "$(said "$name" driver)" != "${DRIVER[$name]}" ]; then
		echo "driver is \"$(said "$name" driver)\", not ${DRIVER[$name]}"
	elif [ "$(negotiated "$name")" != "$(asked "$name")" ]; then
		echo "ring is \"$(negotiated "$name")\", \"$(asked "$name")\" was asked for"
	elif [ "$(said "$name" read)" -lt "$(expected "$name" read)" ]; then
		echo "only $(said "$name" read) bytes read"
	elif [ "$(said "$name" written)" -lt "$(expected "$name" written)" ]; then
		echo "only $(said "$name" written) bytes written"
	elif [ "$(said "$name" sha256)" != "$host_sum" ]; then
		echo "data differ between guest and host"
	elif [ -e "$RUN/$name.img" ] && constant "$RUN/$name.img"; then
		echo 'the image is empty'
	elif [ "$(said "$name" discards)" = 0 ] || [ "$(said "$name" flushes)" = 0 ]; then
		echo 'no discard or no flush was done'
	elif [ $((new + classic)) -eq 0 ]; then
		echo 'no buffer was counted'
	elif [ $((new + classic)) -lt "${REPORT[$name.requests]:-0}" ]; then
		echo "$((new + classic)) buffers counted for $(said "$name" requests) requests"
	elif must_be_new "${DRIVER[$name]}" && [ "$new" -eq 0 ]; then
		echo 'no buffer went through the new calls'
	fi
}

# must_be_new DRIVER: it has been converted, and the tree carries the series
must_be_new() {
	[[ " $CONVERTED " = *" $1 "* ]] && [ -e "$LINUX/include/linux/virtio_buf.h" ]
}

# a probe that missed calls has not counted them
check_counting() {
	local call
	for call in "${!KIND[@]}"; do
		[ "$(said "$call" call)" = present ] || continue
		[ "$(said "$call" missed)/$(said "$call" dropped)" = 0/0 ] ||
			fail "calls of $call were missed: the numbers of buffers are wrong"
	done
}

# judge: all devices, into the TSV file
judge() {
	local name host new classic wrong
	printf 'device\tdriver\tring\tread\twritten\trequests\tsha256_guest\tsha256_host\tbuffers_new\tbuffers_classic\tverdict\treason\n' >"$TSV.new"
	for name in "${NAMES[@]}"; do
		host=$(host_sum "$name")
		new=$(buffers "$name" new)
		classic=$(buffers "$name" classic)
		wrong=$(whats_wrong "$name" "$host" "$new" "$classic")
		printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
			"$name" "$(said "$name" driver)" "$(negotiated "$name")" \
			"$(said "$name" read)" "$(said "$name" written)" "$(said "$name" requests)" \
			"$(said "$name" sha256)" "$host" "$new" "$classic" \
			"$([ -z "$wrong" ] && echo pass || echo FAIL)" "$wrong"
	done >>"$TSV.new"
	mv "$TSV.new" "$TSV"
	result_of "$TSV" "$(built_tree)"
	ktap >"${TSV%.tsv}.ktap"
	junit "${TSV%.tsv}.ktap"
}

# ktap: the table as test results
ktap() {
	echo 'KTAP version 1'
	awk -F '\t' '
	NR == 1 { next }
	$12 != "" { print "# " $12 }
	{ print ($11 == "pass" ? "ok " : "not ok ") ++n, $1 }
	END { print "1.." n }
	' "$TSV"
}

# the TSV file for people: bytes in MiB, checksums shortened
print_table() {
	awk -F '\t' '
	function mib(n) { return n >= 1048576 ? sprintf("%.0f MiB", n / 1048576) : sprintf("%.0f KiB", n / 1024) }
	function sums(guest, host) {
		if (guest != host) return "DIFFER"
		n = split(guest, s, "+")
		return n == 2 ? substr(s[1], 1, 7) "+" substr(s[2], 1, 8) : substr(guest, 1, 16)
	}
	function row(device, driver, ring, read, written, sum, buffers, verdict) {
		printf "%-12s %-12s %-26s %8s %8s  %-17s %16s  %s\n", device, driver, ring, read, written, sum, buffers, verdict
	}
	NR == 1 { row("device", "driver", "ring (negotiated)", "read", "written", "sha256 both sides", "new/classic", "verdict") }
	NR > 1 { row($1, $2, $3, mib($4), mib($5), sums($7, $8), $9 "/" $10, $11 ($12 == "" ? "" : ": " $12)) }
	' "$TSV"
}

main() {
	local name bad
	need_packages qemu-system-x86 busybox-static fio
	check_qemu
	[ -e "$OBJ/.done" ] || die "no finished kernel in $OBJ: make build"
	one_at_a_time guest
	read_tables
	probe_kvm

	rm -rf "$TSV" "${TSV%.tsv}".{ktap,xml} "$RUN"
	need_space 500 "$RUN"
	for name in "${NAMES[@]}"; do
		"plug_${DRIVER[$name]}" "$name"
	done
	make_initramfs

	say "booting one guest with ${#NAMES[@]} virtio devices ($ACCEL), console in $RUN/console.log"
	run_guest boot "$LIMIT" "panic_on_warn=1 hung_task_panic=1${GUEST_CMDLINE:+ $GUEST_CMDLINE}" \
		-initrd initramfs "${QEMU_ARGS[@]}"

	say 'comparing with what the host has'
	read_report
	[ "$(said tests run)" = ${#NAMES[@]} ] ||
		fail "the guest tested $(said tests run) devices of ${#NAMES[@]}"
	check_counting
	judge
	printf '\nLinux %s\n' "$(said kernel release)"
	print_table
	bad=$(cut -f 11 "$TSV" | grep -c FAIL || true)
	[ "$bad" -eq 0 ] || fail "$bad of ${#NAMES[@]} devices; see $RUN"
	rm -f "$RUN"/*.img "$RUN"/*-guest "$RUN"/*.stream "$RUN/initramfs"
	say "all ${#NAMES[@]} devices pass"
}

main "$@"
