#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: [CONVERTED=drivers] [GUEST_CMDLINE=parameters] [GUEST_QEMU=options]
#        [GUEST_FACTS=facts] [MEMORY=1G] boot.sh [DEVICES]
#
# Boots one guest with the devices of guest/devices and guest/$ARCH.devices (or of
# the file named), lets it do real I/O through each of them, and compares what the guest saw
# with what the host has.  Ends with a table; the same in $RESULTS/boot.tsv,
# and, as test results, in boot.ktap and boot.xml (JUnit).
#
# qemu.sh runs the guest, host.sh knows the devices, qmp.sh answers what the
# guest asks meanwhile; in the guest init runs the tests of guest/tests.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

GUEST=$TOP/tooling/guest
# shellcheck source=tooling/guest/qemu.sh
. "$GUEST/qemu.sh"
# shellcheck source=tooling/guest/initramfs.sh
. "$GUEST/initramfs.sh"
# shellcheck source=tooling/lib/results.sh
. "$TOP/tooling/lib/results.sh"
# shellcheck source=tooling/guest/qmp.sh
. "$GUEST/qmp.sh"
# shellcheck source=tooling/guest/host.sh
. "$GUEST/host.sh"

TABLES=("$GUEST/devices")
[ ! -e "$GUEST/$ARCH.devices" ] || TABLES+=("$GUEST/$ARCH.devices")
[ $# = 0 ] || TABLES=("$@")
GUEST_QEMU=${GUEST_QEMU:-}
GUEST_FACTS=${GUEST_FACTS:-}	# for its init: failslab=PERCENT kmemleak=on
RUN=$RESULTS/boot		# QEMU's working directory
TSV=$RESULTS/boot.tsv
FIRST_SLOT=4			# on the PCI bus
LAST_SLOT=30
LIMIT=${LIMIT:-1200}		# seconds of the guest, for all of it

NAMES=()			# the devices, in the order of the table
NOT_TRIED=()			# those that this machine does not let us try
declare -A DRIVER TEST BUS SLOT RING INDIRECT EVENT_IDX OPTIONS	# by name
declare -A READ WRITTEN		# by name: the least number of bytes
declare -A KIND			# of a call in guest/calls: new or classic; or all, an event
CONVERTED=${CONVERTED:-all}	# drivers that must use the new calls, and no others
QEMU_ARGS=()
GUEST_PROGRAMS=(fio sha256sum)	# beside busybox
GUEST_FILES=()			# "path-in-the-guest path-here"
IOMMU=				# virtio or intel: it translates for those with iommu_platform
declare -A REPORT		# by name.key: what the guest said
declare -A COUNT		# by kind.address: buffers
declare -A USED			# by call.address: it was called
COUNTED=0 MISSED=0		# buffers of all devices, and those that were not counted
EVENT=virtio_ring_add		# of the ring: it made a buffer available

# why_not DRIVER: its test cannot run here
why_not() {
	case $1 in
	virtio_net/tap) have_taps || echo 'no tap device can be created here' ;;
	# seen with QEMU 7.2: the kernel's own KUnit suite "checksum" fails there
	virtio_net) [ "$ARCH" != s390x ] || echo 'QEMU emulates the checksum instructions of s390x wrongly' ;;
	esac
}

read_tables() {
	local name driver ring indirect event_idx options kind why
	while read -r name driver ring indirect event_idx options; do
		declare -F "plug_${driver/\//_}" >/dev/null ||
			die "${TABLES[*]}: $name: no test for driver \"$driver\""
		why=$(why_not "$driver")
		if [ -n "$why" ]; then
			NOT_TRIED+=("$name ($why)")
			continue
		fi
		SLOT[$name]=$(printf '%02x' $((FIRST_SLOT + ${#NAMES[@]})))
		NAMES+=("$name")
		DRIVER[$name]=${driver%/*} TEST[$name]=${driver/\//_}
		RING[$name]=$ring INDIRECT[$name]=$indirect
		EVENT_IDX[$name]=$event_idx
		BUS[$name]=$VIRTIO_BUS
		[[ ,$options, != ,mmio,* ]] || BUS[$name]=mmio
		options=${options#mmio}
		OPTIONS[$name]=${options#,}
	done < <(rows "${TABLES[@]}")
	[ ${#NAMES[@]} -gt 0 ] || die "${TABLES[*]}: no devices"
	[ ${#NAMES[@]} -le $((LAST_SLOT - FIRST_SLOT + 1)) ] ||
		die "${TABLES[*]}: more devices than slots on the bus"

	while read -r kind name; do
		case $kind in
		new | classic) KIND[$name]=$kind ;;
		*) die "guest/calls: unknown kind \"$kind\"" ;;
		esac
	done < <(rows "$GUEST/calls")
	KIND[$EVENT]=all
}

# A probe for each call, for a kernel whose ring has no events: it fires on return, when the buffer has been accepted
# or not, and knows the address of the virtqueue's device on the PCI bus.  (Its name,
# virtioN, is given to another one when it has gone.)
guest_calls() {
	local call VQ_VDEV VDEV_PARENT DEVICE_NAME
	# shellcheck source=/dev/null
	. "$OBJ/offsets/offsets"
	for call in "${!KIND[@]}"; do
		[ "$call" != "$EVENT" ] || continue
		# shellcheck disable=SC2016 # the kernel's variables, not ours
		printf '%s %s r64:vq/%s %s dev=+0(+%d(+%d(+%d($arg1)))):string ret=$retval:s32\n' \
			"${KIND[$call]}" "$call" "$call" "$call" "$DEVICE_NAME" "$VDEV_PARENT" "$VQ_VDEV"
	done
}

guest_devices() {
	local name
	for name in "${NAMES[@]}"; do
		printf '%s %s %s %s %s\n' "$name" "${DRIVER[$name]}" "${SLOT[$name]}" "${TEST[$name]}" "$(where "$name")"
	done
}

# guest_modules: the drivers, of a kernel that comes with modules, and what takes the
# disks of SCSI hosts, as nobody in the guest hears that these are there
guest_modules() {
	local modules=("${DRIVER[@]}")
	has_modules || return 0
	[[ " ${modules[*]} " != *' virtio_scsi '* ]] || modules+=(sd_mod)
	spec_modules "$PACKAGE" "$RUN/modules" "${modules[@]}"
}
has_modules() { [ -n "$PACKAGE" ] && [ -d "$PACKAGE/lib/modules" ]; }

# our_program NAME: made of guest/programs/NAME.c
our_program() {
	[ ! -e "$RUN/$1" ] || return 0
	"${CROSS}gcc" -O2 -Wall -Wextra -Werror -static -o "$RUN/$1" "$GUEST/programs/$1.c" ||
		die "cannot compile $1.c"
	GUEST_FILES+=("/bin/$1 $RUN/$1")
}

make_initramfs() {
	local program path paths=()
	guest_calls >"$RUN/calls"
	guest_devices >"$RUN/devices"
	{
		echo "memory $(numfmt --from=iec "$MEMORY")"
		tr ' =' '\n ' <<<"$GUEST_FACTS"
	} >"$RUN/facts"
	for program in $(printf "%s\n" "${GUEST_PROGRAMS[@]}" | sort -u); do
		path=$(guest_program "$program")
		paths+=("$path")
	done
	{
		spec_base "$GUEST/init"
		spec_programs "${paths[@]}"
		guest_modules
		printf 'file %s 755 0 0\n' "/tests $GUEST/tests" "/disk.fio $GUEST/disk.fio" \
			"/bios.fio $GUEST/bios.fio" "/calls $RUN/calls" "/devices $RUN/devices" "/facts $RUN/facts" "${GUEST_FILES[@]}"
	} | initramfs "$RUN/initramfs"
}

# The first failure is the cause; of everything else the last word counts.
read_report() {
	local name key value at
	while read -r name key value; do
		case $key in
		calls)
			at=${KIND[$name]}.${value% *}
			COUNT[$at]=$((${COUNT[$at]:-0} + ${value#* }))
			COUNTED=$((COUNTED + ${value#* }))
			USED[$name.${value% *}]=yes
			;;
		failed) REPORT[$name.$key]=${REPORT[$name.$key]:-$value} ;;
		*) REPORT[$name.$key]=$value ;;
		esac
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
	[ "${f:35:1}" = 1 ] && ring+=' in_order'
	[ "${f:33:1}" = 1 ] && ring+=' access_platform'
	[ "${f:32:1}" = 1 ] || ring+=' legacy'
	[[ $(said "$1" iommu) != DMA* ]] || [ "${f:33:1}" = 0 ] || ring+=' iommu'
	echo "$ring${REPORT[$1.mode]:+ ${REPORT[$1.mode]}}"
}

asked() {
	local ring=${RING[$1]}
	[ "${INDIRECT[$1]}" = on ] && ring+=' indirect'
	[ "${EVENT_IDX[$1]}" = on ] && ring+=' event_idx'
	[[ ${OPTIONS[$1]} = *in_order=on* ]] && ring+=' in_order'
	[[ ${OPTIONS[$1]} = *iommu_platform=on* ]] && ring+=" access_platform${IOMMU:+ iommu}"
	echo "$ring$(asked_mode "$1")"
}

# asked_mode NAME: how a network device shall receive, and what it shall offload,
# which takes a tap on the host's side
asked_mode() {
	[ "${DRIVER[$1]}" = virtio_net ] || return 0
	case ${TEST[$1]},${OPTIONS[$1]} in
	virtio_net_tap,*mrg_rxbuf=off*guest_tso4=off*) echo ' small csum' ;;
	virtio_net_tap,*mrg_rxbuf=off*) echo ' big csum tso' ;;
	virtio_net_tap,*) echo ' mergeable csum tso' ;;
	*,*mrg_rxbuf=off*host_mtu=*) echo ' big' ;;
	*,*mrg_rxbuf=off*) echo ' small' ;;
	*) echo ' mergeable' ;;
	esac
}

# buffers NAME KIND: how many; n/a if the kernel has no call of that kind
buffers() {
	local call sum=n/a address
	address=$(said "$1" address)
	if [ "$2" = new ] && [ "$(said "$EVENT" call)" = present ]; then
		echo $((${COUNT[all.$address]:-0} - ${COUNT[classic.$address]:-0}))
		return
	fi
	for call in "${!KIND[@]}"; do
		[ "${KIND[$call]}" != "$2" ] || [ "$(said "$call" call)" != present ] || sum=0
	done
	[ "$sum" = n/a ] || sum=${COUNT[$2.$address]:-0}
	echo "$sum"
}

# constant FILE: one byte value from begin to end, so that a checksum says nothing
constant() {
	local first
	first=$(head -c 1 "$1" | od -An -to1 | tr -d ' ')
	[ "$(tr -d "\\$first" <"$1" | head -c 1 | wc -c)" -eq 0 ]
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
	elif [ "$(said "$name" read)" -lt "${READ[$name]:-0}" ]; then
		echo "only $(said "$name" read) bytes read"
	elif [ "$(said "$name" written)" -lt "${WRITTEN[$name]:-0}" ]; then
		echo "only $(said "$name" written) bytes written"
	elif [ -z "$host_sum" ] || [ "$(said "$name" sha256)" != "$host_sum" ]; then
		echo "data differ between guest and host"
	elif [ -e "$RUN/$name.img" ] && constant "$RUN/$name.img"; then
		echo 'the image is empty'
	elif [ "$(said "$name" discards)" = 0 ] || [ "$(said "$name" flushes)" = 0 ]; then
		echo 'no discard or no flush was done'
	elif [ $((new + classic)) -eq 0 ]; then
		echo 'no buffer was counted'
	elif [ $((new + classic + $(missed "$name"))) -lt "${REPORT[$name.requests]:-0}" ]; then
		echo "$((new + classic)) buffers counted for $(said "$name" requests) requests"
	elif must_be_new "${DRIVER[$name]}" && [ "$new" -eq 0 ]; then
		echo 'no buffer went through the new calls'
	elif must_be_new "${DRIVER[$name]}" && [ "$classic" -ne 0 ]; then
		echo 'some buffers went through the classic calls'
	fi
}

# must_be_new DRIVER: it has been converted, and the tree carries the series
must_be_new() {
	[[ $CONVERTED = all || " $CONVERTED " = *" $1 "* ]] && [ -e "$LINUX/include/linux/virtio_buf.h" ]
}

# missed NAME: of the calls that it used, so many were not counted, whosever they were
missed() {
	local call sum=0
	for call in "${!KIND[@]}"; do
		[ -z "${USED[$call.$(said "$1" address)]:-}" ] || sum=$((sum + $(said "$call" missed)))
	done
	echo "$sum"
}

# A probe misses a call when an interrupt finds another probe at work, as a busy IOMMU
# makes it: few buffers are not in the numbers.  A classic call that must not be there
# must not be missed.
count_missed() {
	local call name forbidden=
	for name in "${NAMES[@]}"; do
		! must_be_new "${DRIVER[$name]}" || forbidden=classic
	done
	for call in "${!KIND[@]}"; do
		[ "$(said "$call" call)" = present ] || continue
		[ "$(said "$call" dropped)" = 0 ] || fail "calls of $call were dropped: the counts of buffers are wrong"
		[ "${KIND[$call]}" != "$forbidden" ] || [ "$(said "$call" missed)" = 0 ] || fail "calls of $call were missed"
		MISSED=$((MISSED + $(said "$call" missed)))
	done
	[ $((20 * MISSED)) -le "$COUNTED" ] || fail "only $COUNTED buffers were counted, $MISSED were missed"
}

# judge: all devices, into the TSV file
judge() {
	local name host new classic wrong
	printf 'device\tdriver\tring\tread\twritten\trequests\tsha256_guest\tsha256_host\tbuffers_new\tbuffers_classic\tverdict\treason\n' >"$TSV.new"
	for name in "${NAMES[@]}"; do
		host=$("host_sum_${TEST[$name]}" "$name")
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
	awk -F '\t' -v width="$(cut -f 3 "$TSV" | wc -L)" '
	function mib(n) { return n >= 1048576 ? sprintf("%.0f MiB", n / 1048576) : sprintf("%.0f KiB", n / 1024) }
	function sums(guest, host) {
		if (guest != host) return "DIFFER"
		n = split(guest, s, "+")
		return n == 2 ? substr(s[1], 1, 7) "+" substr(s[2], 1, 8) : substr(guest, 1, 16)
	}
	function row(device, driver, ring, read, written, sum, buffers, verdict) {
		printf "%-12s %-14s %-" width "s %8s %8s  %-17s %16s  %s\n", device, driver, ring, read, written, sum, buffers, verdict
	}
	NR == 1 { row("device", "driver", "ring (negotiated)", "read", "written", "sha256 both sides", "new/classic", "verdict") }
	NR > 1 { row($1, $2, $3, mib($4), mib($5), sums($7, $8), $9 "/" $10, $11 ($12 == "" ? "" : ": " $12)) }
	' "$TSV"
}

main() {
	local name bad
	need_packages "$QEMU_PACKAGE" "${CROSS_PACKAGES[@]}"
	need_guest_packages busybox-static coreutils fio
	one_at_a_time guest
	check_qemu
	! has_modules || need_packages kmod
	[ -e "$OBJ/.done" ] || die "no finished kernel in $OBJ: make build"
	read_tables
	probe_kvm

	rm -rf "$TSV" "${TSV%.tsv}".{ktap,xml} "$RUN"
	need_space $((100 * ${#NAMES[@]})) "$RUN"	# an image each, and what is sent and received
	# shellcheck disable=SC2206 # several options
	QEMU_ARGS=($GUEST_QEMU)
	[[ $GUEST_QEMU != *intel-iommu* ]] || IOMMU=intel
	trap stop_all EXIT
	plug_host
	for name in "${NAMES[@]}"; do
		"plug_${TEST[$name]}" "$name"
	done
	make_initramfs
	set -m		# in a group of its own: what it is at ends with it
	answer_guest &
	set +m
	HELPERS+=(-$!)

	say "booting one guest with ${#NAMES[@]} virtio devices ($ARCH, $ACCEL), console in $RUN/console.log"
	run_guest boot "$LIMIT" "panic_on_warn=1 hung_task_panic=1${GUEST_CMDLINE:+ $GUEST_CMDLINE}" \
		-initrd initramfs "${QEMU_ARGS[@]}"

	say 'comparing with the host'
	read_report
	[ "$(said tests run)" = ${#NAMES[@]} ] ||
		fail "the guest tested $(said tests run) devices of ${#NAMES[@]}"
	count_missed
	judge
	printf '\nLinux %s, %s\n' "$(said kernel release)" "$(said kernel machine)"
	print_table
	bad=$(cut -f 11 "$TSV" | grep -c FAIL || true)
	failed_cases "${TSV%.tsv}.ktap"
	[ "$bad" -eq 0 ] || fail "$bad of ${#NAMES[@]} devices; see $RUN"
	(cd "$RUN" && rm -rf -- *.img *-guest *.stream *.share *.picture *.ppm *.plain initramfs modules)
	rm -rf "$PACKAGE"
	if [ ${#NOT_TRIED[@]} -gt 0 ]; then
		echo "CASES 0 0 ${#NOT_TRIED[@]}"
		say "not tested: ${NOT_TRIED[*]}"
	fi
	say "all ${#NAMES[@]} devices pass"
}

main "$@"
