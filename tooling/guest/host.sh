# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by boot.sh: the host's side of every device's test.  For the test T of
# guest/tests,
#
#	plug_T NAME	adds to QEMU_ARGS what QEMU needs for it, and makes its files
#	host_sum_T NAME	what the host has in the end, in the form that the guest uses
#	asked_WHAT	does what the guest asks for meanwhile, see qmp.sh
#
# T is the driver, and what follows it in the table after a slash: a driver may
# have more than one test.

DISK_BYTES=$((64 << 20))	# of an image: all of it is written and read
NET_BYTES=$((16 << 20))		# each way
RNG_BYTES=$((64 << 10))
PORT_BYTES=$((4 << 20))		# of a serial port, each way
SHARE_BYTES=$((8 << 20))	# of a file, each way
CRYPTO_BYTES=$((1 << 20))

# moves NAME READ [WRITTEN]: how many bytes the guest must read and write at least
moves() {
	# shellcheck disable=SC2034 # boot.sh judges
	READ[$1]=$2 WRITTEN[$1]=${3:-$2}
}

# virtio NAME TYPE: QEMU's device, in its place, with what it is asked for
virtio() {
	local packed=off type place
	[ "${RING[$1]}" = packed ] && packed=on
	case ${BUS[$1]} in
	pci) type=$2-pci place=bus=pcie.0,addr=0x${SLOT[$1]},disable-legacy=on ;;
	mmio) type=$2-device place=bus=virtio-mmio-bus.$((0x${SLOT[$1]})) ;;
	ccw) type=$2-ccw place=devno=fe.0.00${SLOT[$1]} ;;
	esac
	# shellcheck disable=SC2153 # boot.sh has read the table
	printf '%s,id=%s,%s,packed=%s,indirect_desc=%s,event_idx=%s%s' "$type" "$1" "$place" \
		"$packed" "${INDIRECT[$1]}" "${EVENT_IDX[$1]}" "${OPTIONS[$1]:+,${OPTIONS[$1]}}"
}

# where NAME: the directory of sysfs in which the guest finds it, or what is in its port
where() {
	case ${BUS[$1]} in
	pci) echo "/sys/bus/pci/devices/0000:00:${SLOT[$1]}.0" ;;
	mmio) printf '/sys/bus/platform/devices/%x.virtio_mmio\n' $((0x0a000000 + 0x200 * 0x${SLOT[$1]})) ;;
	ccw) echo "/sys/bus/ccw/devices/0.0.00${SLOT[$1]}" ;;
	esac
}

sum() { sha256sum | cut -d ' ' -f 1; }

# both_ways NAME: files that went both ways
both_ways() { echo "$(sum <"$RUN/$1.from-guest")+$(sum <"$RUN/$1.to-guest")"; }

# Disks.  A flush need not reach the host's disk: what is tested ends in QEMU.

plug_image() {
	moves "$1" "$DISK_BYTES"
	truncate -s "$DISK_BYTES" "$RUN/$1.img"
	fallocate -p -o 0 -l 4096 "$RUN/$1.img" 2>/dev/null ||
		die "$RUN: no holes can be punched in its files, as discard needs; choose another O="
	QEMU_ARGS+=(-blockdev "driver=raw,node-name=$1-image,discard=unmap,cache.no-flush=on,file.driver=file,file.filename=$1.img,file.discard=unmap,file.cache.no-flush=on")
}

plug_virtio_blk() {
	plug_image "$1"
	QEMU_ARGS+=(-device "$(virtio "$1" virtio-blk),drive=$1-image")
}
host_sum_virtio_blk() { sum <"$RUN/$1.img"; }

plug_virtio_blk_requests() {
	GUEST_PROGRAMS+=(dd blkdiscard)
	plug_virtio_blk "$1"
	moves "$1" $((16 << 20))
}
host_sum_virtio_blk_requests() { host_sum_virtio_blk "$1"; }

plug_virtio_blk_polled() {
	plug_virtio_blk "$1"
	moves "$1" $((32 << 20))
}
host_sum_virtio_blk_polled() { host_sum_virtio_blk "$1"; }

plug_virtio_blk_bios() {
	GUEST_PROGRAMS+=(dmsetup)
	plug_virtio_blk "$1"
	moves "$1" $((32 << 20))
}
host_sum_virtio_blk_bios() { host_sum_virtio_blk "$1"; }

plug_virtio_scsi() {
	plug_image "$1"
	QEMU_ARGS+=(-device "$(virtio "$1" virtio-scsi)"
		-device "scsi-hd,bus=$1.0,drive=$1-image")
}

# Disks that report errors: at this MiB of the disk this fails, with this errno, only once
# or each time.  A flush is of the whole disk.
ERRORS='read 8 5 off
write 9 5 off
write 10 28 off
discard 11 5 off
write-zeroes 12 5 off
read 13 5 on
write 14 5 on
flush - 5 on'

plug_bad_image() {
	local what mib errno once i=0 rules=''
	while read -r what mib errno once; do
		rules+=",inject-error.$i.event=none,inject-error.$i.iotype=$what"
		rules+=",inject-error.$i.errno=$errno,inject-error.$i.once=$once"
		[ "$mib" = - ] || rules+=",inject-error.$i.sector=$((mib * 2048))"
		i=$((i + 1))
	done <<<"$ERRORS"
	plug_image "$1"
	GUEST_PROGRAMS+=(dd blkdiscard)
	QEMU_ARGS+=(-blockdev "driver=blkdebug,node-name=$1-bad,image=$1-image,discard=unmap$rules")
}

plug_virtio_blk_errors() {
	plug_bad_image "$1"
	QEMU_ARGS+=(-device "$(virtio "$1" virtio-blk),drive=$1-bad,rerror=report,werror=report")
}
host_sum_virtio_blk_errors() { host_sum_virtio_blk "$1"; }

plug_virtio_scsi_errors() {
	plug_bad_image "$1"
	QEMU_ARGS+=(-device "$(virtio "$1" virtio-scsi)"
		-device "scsi-hd,bus=$1.0,drive=$1-bad,rerror=report,werror=report")
}
host_sum_virtio_scsi_errors() { host_sum_virtio_blk "$1"; }
host_sum_virtio_scsi() { host_sum_virtio_blk "$1"; }

plug_virtio_scsi_sg() {
	GUEST_PROGRAMS+=(sg_dd sg_inq sg_turs)
	plug_virtio_scsi "$1"
}
host_sum_virtio_scsi_sg() { host_sum_virtio_blk "$1"; }

# Network.  No port of the host is opened and nothing leaves it: two addresses
# that the guest can reach are commands here.  Port 1 swallows and counts, port 2
# sends, port 3 only swallows: a stream that was cut off may flow there for a while.

plug_slirp() {
	local net=10.0.$((0x${SLOT[$1]}))
	moves "$1" "$NET_BYTES"
	head -c "$NET_BYTES" /dev/urandom >"$RUN/$1.to-guest"
	QEMU_ARGS+=(-netdev "user,id=$1-net,net=$net.0/24,restrict=on,guestfwd=tcp:$net.100:1-cmd:sh -c 'head -c $NET_BYTES | tee $1.from-guest | wc -c',guestfwd=tcp:$net.100:2-cmd:cat $1.to-guest,guestfwd=tcp:$net.100:3-cmd:dd of=/dev/null status=none")
}
plug_virtio_net() {
	plug_slirp "$1"
	QEMU_ARGS+=(-device "$(virtio "$1" virtio-net),netdev=$1-net")
}
host_sum_virtio_net() { both_ways "$1"; }

# NAME.a and NAME.b are two ends of one cable: what one sent, the other has got.
# The cable is a hub of QEMU's, which carries plain packets only ...
plug_virtio_net_pair() {
	plug_cable_end "$1" "hubport,hubid=$((0x$(sum <<<"${1%.*}" | head -c 6)))"
}

# The same, and NAME.b sends packets back by XDP (reflect.c); without copies if the
# driver has that: virtnet_xsk_*() of 6.12 are there, but nobody is told of them.
plug_virtio_net_xdp() {
	our_program reflect
	! grep -qs NETDEV_XDP_ACT_XSK_ZEROCOPY "$LINUX/drivers/net/virtio_net.c" ||
		GUEST_FACTS+=' zerocopy=yes'
	plug_virtio_net_pair "$1"
}
host_sum_virtio_net_xdp() { host_sum_virtio_net_pair "$1"; }

# ... or a bridge of the host's between two taps, in a network namespace that QEMU
# has for itself.  It takes packets of 64 KiB, and checksums that are not made yet.
plug_virtio_net_tap() {
	local bridge=${1%.*} tap=tap-${SLOT[$1]}
	[ ${#RUN_IN[@]} -gt 0 ] || network_namespace
	"${RUN_IN[@]}" ip link show "$bridge" &>/dev/null || "${RUN_IN[@]}" ip link add "$bridge" up type bridge
	"${RUN_IN[@]}" ip tuntap add "$tap" mode tap vnet_hdr
	"${RUN_IN[@]}" ip link set "$tap" up master "$bridge"
	plug_cable_end "$1" "tap,ifname=$tap,script=no,downscript=no"
}
host_sum_virtio_net_tap() { host_sum_virtio_net_pair "$1"; }

# have_taps: this machine lets us make them
have_taps() {
	[ -n "${HAVE_TAPS:-}" ] || HAVE_TAPS=$(unshare -n sh -c '
		ip link add bridge type bridge && ip tuntap add tap mode tap vnet_hdr &&
			ip link set tap master bridge && echo yes' 2>/dev/null || echo no)
	[ "$HAVE_TAPS" = yes ]
}

network_namespace() {
	local here
	here=$(readlink /proc/self/ns/net)
	unshare -n sleep infinity &
	HELPERS+=($!)
	until_it_is moved ns_moved "$here" $! || die 'a network namespace cannot be made'
	RUN_IN=(nsenter -t $! -n)
	"${RUN_IN[@]}" ip link set lo up
}
ns_moved() { [ "$(readlink "/proc/$2/ns/net")" = "$1" ] || echo moved; }

plug_cable_end() {
	our_program datagrams
	moves "$1" "$NET_BYTES"
	QEMU_ARGS+=(-netdev "$2,id=$1-net"
		-device "$(virtio "$1" virtio-net),netdev=$1-net,mac=52:54:00:00:00:${SLOT[$1]}")
}
host_sum_virtio_net_pair() {
	local other=${1%.*}.a sums
	[ "$1" != "$other" ] || other=${1%.*}.b
	sums=$(said "$other" sha256)
	echo "${sums#*+}+${sums%+*}"
}

# Random numbers: a stream that never repeats, and is longer than the guest can
# drain: lines of 64 bytes, as many as the driver asks for at once, that carry
# their number

plug_virtio_rng() {
	moves "$1" "$RNG_BYTES" 0
	head -c $((27 * 32768)) /dev/urandom | od -An -v -tx1 -w27 | tr -d ' ' |
		awk '{ print 10000000 + NR, $0 }' >"$RUN/$1.stream"
	QEMU_ARGS+=(-object "rng-random,id=$1-source,filename=$1.stream"
		-device "$(virtio "$1" virtio-rng),rng=$1-source")
}
host_sum_virtio_rng() { stream_sum "$1" "$(said "$1" lines)"; }

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

# Serial ports: a port for data, both ways, and a console for text

plug_virtio_console() {
	our_program splice
	moves "$1" "$PORT_BYTES"
	head -c "$PORT_BYTES" /dev/urandom >"$RUN/$1.to-guest"
	mkfifo "$RUN/$1".{port,tty}.{in,out}
	QEMU_ARGS+=(-device "$(virtio "$1" virtio-serial)"
		-chardev "pipe,id=$1-tty,path=$1.tty" -device "virtconsole,bus=$1.0,chardev=$1-tty"
		-chardev "pipe,id=$1-port,path=$1.port" -device "virtserialport,bus=$1.0,name=$1,chardev=$1-port")
	# the console says its name, and sends back in capitals what it is sent
	sed -u "s/.*/$1: \\U&/" <"$RUN/$1.tty.out" >"$RUN/$1.tty.in" &
	HELPERS+=($!)
	cat "$RUN/$1.to-guest" >"$RUN/$1.port.in" &
	HELPERS+=($!)
	touch "$RUN/$1.from-guest"
}
host_sum_virtio_console() { both_ways "$1"; }

# Not before the guest has asked is read what it sends: its ring shall be full.
asked_reader() {
	head -c "$PORT_BYTES" "$RUN/$1.port.out" >"$RUN/$1.from-guest" &
	echo "$1"
}
# What the guest has sent is in its ring at first, which does not outlive it.
asked_rest() { until_it_is "$PORT_BYTES" stat -c %s "$RUN/$1.from-guest" && echo "$1"; }

# Balloon: the guest asks for the size that its memory shall have, and compares
# what it has with what QEMU thinks it has.

plug_virtio_balloon() {
	QEMU_ARGS+=(-device "$(virtio "$1" virtio-balloon)")
}
host_sum_virtio_balloon() { sed -n "s/^done $1 //p" "$RUN/host.log" | paste -sd+; }

asked_balloon() {
	qmp balloon "\"value\": $2" >/dev/null &&
		until_it_is "$2" qmp_number actual query-balloon && echo "$1 $2"
}

# What the guest's statistics say of its memory, not before they are new
asked_balloon_total() {
	local device="\"path\": \"/machine/peripheral/$1\"" before
	before=$(qmp_number last-update qom-get "$device, \"property\": \"guest-stats\"")
	qmp qom-set "$device, \"property\": \"guest-stats-polling-interval\", \"value\": 1" >/dev/null || return
	until_it_is newer newer_than "${before:-0}" qmp_number last-update qom-get "$device, \"property\": \"guest-stats\"" || return
	echo "$1 $(qmp_number stat-total-memory qom-get "$device, \"property\": \"guest-stats\"")"
}

# newer_than TIME COMMAND...: says so if COMMAND's output is more than TIME
newer_than() { [ "$("${@:2}")" -le "$1" ] || echo newer; }

# A migration, to nowhere, asks the balloon which pages are free.
plug_virtio_balloon_hint() {
	QEMU_ARGS+=(-object "iothread,id=$1-thread"
		-device "$(virtio "$1" virtio-balloon),free-page-hint=on,iothread=$1-thread")
}
host_sum_virtio_balloon_hint() { echo migrated; }

asked_migration() {
	qmp migrate '"uri": "exec:cat >/dev/null"' >/dev/null &&
		until_it_is completed migration_status && qmp cont >/dev/null && echo "$1"
}
migration_status() { qmp query-migrate | sed -nE 's/.*[{ ]"status": "([a-z-]+)".*/\1/p'; }

# Memory that comes and goes, of 128 MiB
plug_virtio_mem() {
	QEMU_ARGS+=(-m "maxmem=8G" -object "memory-backend-memfd,id=$1-ram,size=128M,share=on"
		-device "$(virtio "$1" virtio-mem),memdev=$1-ram,requested-size=0")
}
host_sum_virtio_mem() { sed -n "s/^done $1 //p" "$RUN/host.log" | paste -sd+; }

asked_mem() {
	local device="\"path\": \"/machine/peripheral/$1\""
	qmp qom-set "$device, \"property\": \"requested-size\", \"value\": $2" >/dev/null &&
		until_it_is "$2" qmp_number return qom-get "$device, \"property\": \"size\"" && echo "$1 $2"
}

# Persistent memory: a file of the host's, which the guest has as memory
plug_virtio_pmem() {
	moves "$1" "$DISK_BYTES"
	truncate -s "$DISK_BYTES" "$RUN/$1.img"
	QEMU_ARGS+=(-m "maxmem=8G"
		-object "memory-backend-file,id=$1-ram,mem-path=$1.img,size=$DISK_BYTES,share=on"
		-device "$(virtio "$1" virtio-pmem),memdev=$1-ram")
}
host_sum_virtio_pmem() { host_sum_virtio_blk "$1"; }

# Files: a directory of the host, with small files, two long ones, and a list of many
# names, which takes pages

plug_share() {
	local i
	moves "$1" "$SHARE_BYTES"
	mkdir -p "$RUN/$1.share"/{small,many}
	(cd "$RUN/$1.share/many" && seq 1000 1599 | xargs touch)
	head -c "$SHARE_BYTES" /dev/urandom >"$RUN/$1.share/to-guest"
	for ((i = 1; i <= 100; i++)); do
		echo "$1 $i" >"$RUN/$1.share/small/file-$i"
	done
}
host_sum_share() {
	(cd "$RUN/$1.share" && echo "$(sum <from-guest)+$(sum <to-guest)+$(cat copied/file-* | sum)")
}

plug_9pnet_virtio() {
	plug_share "$1"
	QEMU_ARGS+=(-fsdev "local,id=$1-dir,path=$1.share,security_model=none"
		-device "$(virtio "$1" virtio-9p),fsdev=$1-dir,mount_tag=$1")
}
host_sum_9pnet_virtio() { host_sum_share "$1"; }

# virtiofsd has the guest's memory in its address space, hence the memfd.  It leaves a
# lock in a directory of the machine, which bears the name of the socket.
plug_virtiofs() {
	local options socket=$1-$$.socket
	plug_share "$1"
	(
		cd "$RUN" || exit
		exec setpriv --pdeathsig TERM "$(virtiofsd)" -f --socket-path="$socket" \
			-o "source=$RUN/$1.share,sandbox=chroot,cache=none"
	) >"$RUN/$1.virtiofsd.log" 2>&1 &
	HELPERS+=($!)
	until_it_is socket socket_kind "$RUN/$socket" || die "virtiofsd: $(tail -n 1 "$RUN/$1.virtiofsd.log")"
	rm -f "/run/virtiofsd/$socket.pid"
	options=$(virtio "$1" vhost-user-fs)
	QEMU_ARGS+=(-object "memory-backend-memfd,id=ram,size=$MEMORY,share=on" -machine memory-backend=ram
		-chardev "socket,id=$1-daemon,path=$socket"
		-device "${options/,disable-legacy=on/},chardev=$1-daemon,tag=$1")
}
host_sum_virtiofs() { host_sum_share "$1"; }

# It came with QEMU up to version 7.2.
virtiofsd() {
	local program
	for program in /usr/libexec/virtiofsd /usr/lib/qemu/virtiofsd; do
		[ ! -x "$program" ] || { echo "$program" && return; }
	done
	die 'virtiofsd is missing (Debian 12: qemu-system-common, 13: virtiofsd)'
}
socket_kind() { stat -c %F "$1" 2>/dev/null; }

# Keyboard: the guest names the keys that are pressed, each down and up again
KEY_CODES='16 17 18 19 20 21 22 23 24 25 30 31 32 33 34 35 36 37 38 44 45 46 47 48 49 50'

plug_virtio_input() {
	QEMU_ARGS+=(-device "$(virtio "$1" virtio-keyboard)")
}
host_sum_virtio_input() {
	local code
	for code in $KEY_CODES; do
		echo "$code 1"
		echo "$code 0"
	done | sum
}
asked_key() { qmp send-key "\"keys\": [{\"type\": \"qcode\", \"data\": \"$2\"}], \"hold-time\": 10" >/dev/null && echo "$1 $2"; }

# Screen: the guest paints a picture (blue, green, red, nothing), and what QEMU
# shows is compared with it.
SCREEN=(640 480)

plug_virtio_gpu() {
	head -c $((SCREEN[0] * SCREEN[1] * 4)) /dev/urandom >"$RUN/$1.picture"
	GUEST_FILES+=("/$1.picture $RUN/$1.picture")
	QEMU_ARGS+=(-device "$(virtio "$1" virtio-gpu),xres=${SCREEN[0]},yres=${SCREEN[1]}")
}
host_sum_virtio_gpu() { sum <"$RUN/$1.picture"; }

asked_screen() {
	local picture
	picture=$(perl -0777 -pe 's/(.)(.)(.)./$3$2$1/gs' "$RUN/$1.picture" | sum)
	until_it_is "$picture" screen_sum "$1" && echo "$1 ${SCREEN[*]}"
}
screen_sum() {
	qmp screendump "\"filename\": \"$1.ppm\", \"device\": \"$1\"" >/dev/null
	tail -c $((SCREEN[0] * SCREEN[1] * 3)) "$RUN/$1.ppm" | sum
}

# Crypto: what the guest's device encrypted, openssl encrypts as well
KEY=000102030405060708090a0b0c0d0e0f
IV=f0e0d0c0b0a090807060504030201000

# Linux 7.3 gives programs only ciphers that it computes itself: there the self tests,
# which compare, are all.
plug_virtio_crypto() {
	if grep -qs af_alg_restrict "$LINUX/crypto/af_alg.c"; then
		GUEST_FACTS+=' ciphers=own'
	else
		moves "$1" "$CRYPTO_BYTES"
	fi
	head -c "$CRYPTO_BYTES" /dev/urandom >"$RUN/$1.plain"
	GUEST_FILES+=("/$1.plain $RUN/$1.plain")
	GUEST_PROGRAMS+=(kcapi-enc)
	QEMU_ARGS+=(-object "cryptodev-backend-builtin,id=$1-backend"
		-device "$(virtio "$1" virtio-crypto),cryptodev=$1-backend")
}
host_sum_virtio_crypto() {
	[[ $GUEST_FACTS != *ciphers=own* ]] || { echo 'self tests'; return; }
	echo "$(openssl enc -aes-128-cbc -nopad -K "$KEY" -iv "$IV" -in "$RUN/$1.plain" | sum)+$(sum <"$RUN/$1.plain")"
}

# IOMMU: those with iommu_platform=on, and no others, have their DMA translated
plug_virtio_iommu() {
	# shellcheck disable=SC2034
	IOMMU=virtio
	QEMU_ARGS+=(-device "$(virtio "$1" virtio-iommu)")
}
host_sum_virtio_iommu() {
	local name
	for name in "${NAMES[@]}"; do
		[[ ${OPTIONS[$name]} != *iommu_platform=on* ]] || echo "$name"
	done | paste -sd+
}

# What is taken away and comes back while it is busy: behind a port of its own

# plug_removable NAME OPTIONS: of -device
plug_removable() {
	local number=$((0x${SLOT[$1]}))
	QEMU_ARGS+=(-device "pcie-root-port,id=$1-port,bus=pcie.0,addr=0x${SLOT[$1]},chassis=$number,slot=$number")
	echo "${2/bus=pcie.0,addr=0x${SLOT[$1]}/bus=$1-port}" >"$RUN/$1.device"
	QEMU_ARGS+=(-device "$(cat "$RUN/$1.device")")
}

plug_virtio_blk_unplug() {
	GUEST_PROGRAMS+=(dd)
	plug_image "$1"
	plug_removable "$1" "$(virtio "$1" virtio-blk),drive=$1-image"
}
host_sum_virtio_blk_unplug() { host_sum_virtio_blk "$1"; }

plug_virtio_scsi_unplug() {
	GUEST_PROGRAMS+=(dd)
	plug_image "$1"
	plug_removable "$1" "$(virtio "$1" virtio-scsi)"
	QEMU_ARGS+=(-device "scsi-hd,id=$1-disk,bus=$1.0,drive=$1-image")
	echo "scsi-hd,id=$1-disk,bus=$1.0,drive=$1-image" >>"$RUN/$1.device"
}
host_sum_virtio_scsi_unplug() { host_sum_virtio_blk "$1"; }

plug_virtio_net_unplug() {
	plug_slirp "$1"
	plug_removable "$1" "$(virtio "$1" virtio-net),netdev=$1-net"
}
host_sum_virtio_net_unplug() { both_ways "$1"; }

asked_unplug() {
	qmp device_del "\"id\": \"$1\"" >/dev/null && until_it_is gone gone "$1" && echo "$1"
}
gone() {
	# QEMU knows no such device
	qmp qom-get "\"path\": \"/machine/peripheral/$1\", \"property\": \"type\"" >/dev/null || echo gone
}
asked_plug() {
	local device
	while read -r device; do
		qmp human-monitor-command "\"command-line\": \"device_add $device\"" | grep -qF '"return": ""' || return
	done <"$RUN/$1.device"
	echo "$1"
}

plug_virtio_net_resize() {
	GUEST_PROGRAMS+=(ethtool)
	plug_virtio_net "$1"
}
host_sum_virtio_net_resize() { both_ways "$1"; }
