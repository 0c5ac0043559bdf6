# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Sourced by every script of tooling/: where things are, and how to speak.
#
# Exit status of every script: 0 success, 1 a test failed, 2 could not run
# (bad input, missing package, no network, full disk, ...).

set -euo pipefail
export LC_ALL=C
# A git hook or a make around us has its own business: its variables and jobs are
# not those of the git and the kernel's make further down.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BASE=${BASE-6.12}
if [ "$BASE" = mainline ]; then	# the newest that we have patches for
	BASE=$(cd "$TOP/patches" && printf '%s\n' */base | sort -V | tail -n 1)
	BASE=${BASE%/base}
fi
V=${V:-0}
J=${J:-$(nproc)}
ARCH=${ARCH:-x86_64}
ACCEL=${ACCEL:-tcg}
KERNEL_SRC=${KERNEL_SRC:-}
O=$(realpath -m "${O:-$TOP/build}")

ARCH_SUFFIX=-$ARCH
[ "$ARCH" != x86_64 ] || ARCH_SUFFIX=

PATCHES=$TOP/patches/$BASE	# series, base and the patches
BUILD=$O/$BASE			# all that is made for this base
LINUX=$BUILD/linux		# the assembled tree: tag base, branch series
OBJ=${OBJ:-$BUILD/obj${ARCH_SUFFIX}}		# kernel build directory (make O=)
RESULTS=${RESULTS:-$BUILD/results${ARCH_SUFFIX}}	# what the last run found

TREE_MB=2400		# of $LINUX: 1.7 GB of files, 0.4 GB of git objects
OBJ_MB=700		# of $OBJ

# die MESSAGE: could not run; one line, nothing else
die() {
	printf 'error: %s\n' "$*" >&2
	exit 2
}

# What the user set: a typing error shall not wait for the build
IMAGE=${IMAGE:-}	# a kernel to boot instead of that in $OBJ, or a package with one
[[ $J =~ ^[1-9][0-9]{0,3}$ ]] || die "J=$J: not a number of jobs"
[[ $V = [01] ]] || die "V=$V: neither 0 nor 1"
[[ $O != *[[:space:]:]* ]] || die "O=$O: the kernel's make accepts no blank and no colon in a path"
# shellcheck source=tooling/lib/arch.sh
. "$TOP/tooling/lib/arch.sh"
[[ $ACCEL = @(tcg|kvm|count) ]] || die "ACCEL=$ACCEL: neither tcg nor kvm"
native || [ "$ACCEL" != kvm ] || die "ACCEL=kvm: this machine is not $ARCH"
[ -z "$IMAGE" ] || [ -f "$IMAGE" ] || die "IMAGE=$IMAGE: no such file"

# fail MESSAGE: a test found a fault
fail() {
	printf 'FAIL: %s\n' "$*" >&2
	exit 1
}

# say MESSAGE: a line of progress
say() {
	printf '[%3ds] %s\n' "$SECONDS" "$*"
}

# quietly LOG COMMAND...: output goes to LOG (and to the screen with V=1); a
# line of progress every 20 seconds; on failure the last LOG_TAIL lines of LOG
# are shown (20 unless set; 0 when the caller sums it up in a line of its own)
quietly() {
	local log=$1 pid ticker status=0 at_exit=
	shift
	mkdir -p "$(dirname "$log")"
	if [ "$V" = 1 ]; then
		"$@" 2>&1 | tee "$log"
		return
	fi
	# each in a process group of its own: Ctrl-C must end the command with all
	# its children, and nobody shall wait for a sleep.  A child that is killed
	# before bash has taken our EXIT trap from it would run that.
	# (A subshell has none, and trap -p would tell it of its parent's.)
	if [ "$BASH_SUBSHELL" = 0 ]; then
		at_exit=$(trap -p EXIT)
		trap - EXIT
	fi
	set -m
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	while sleep 20 && kill -0 "$pid" 2>/dev/null; do
		say "  ... $(tail -n 1 "$log" | tr -d '\r\0' | cut -c 1-100)"
	done &
	ticker=$!
	set +m
	eval "$at_exit"
	trap 'kill_groups "$pid" "$ticker"; exit 130' INT TERM HUP
	wait "$pid" || status=$?
	kill_groups "$ticker"
	trap - INT TERM HUP
	if [ "$status" -ne 0 ] && [ "${LOG_TAIL:-20}" -gt 0 ]; then
		tail -n "${LOG_TAIL:-20}" "$log" >&2
		printf 'the whole log: %s\n' "$log" >&2
	fi
	return "$status"
}

# compiler: what CC= is for the kernel's make; ccache where it is installed
compiler() {
	if command -v ccache >/dev/null; then
		echo "ccache ${CROSS}gcc"
	else
		echo "${CROSS}gcc"
	fi
}

# our_files: the files of this repository, as git would commit them
our_files() {
	git -C "$TOP" -c safe.directory='*' ls-files -co --exclude-standard
}

# one_at_a_time NAME: in this build directory, until we end; says so if it waits.
# Not for a script that calls another one of the same NAME.
one_at_a_time() {
	local fd
	need_writable "$BUILD"
	exec {fd}>"$BUILD/$1.lock"
	flock -n "$fd" && return
	say "waiting for another $1 to end"
	flock "$fd"
}

# need_writable DIR: it is there, or can be made, and is ours
need_writable() {
	{ mkdir -p "$1" && [ -w "$1" ]; } 2>/dev/null || die "cannot write to $1"
}

# kill_groups PID...: ends these process groups, and waits for their leaders
kill_groups() {
	local pid
	for pid; do
		kill -TERM -- "-$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

# check_base: BASE is one that we have patches for
check_base() {
	local have
	case $BASE in
	*/* | .*) ;;
	*) if [ -f "$PATCHES/base" ]; then return; fi ;;
	esac
	have=$(cd "$TOP/patches" && echo */base)
	die "unknown BASE=$BASE (have: ${have//\/base/})"
}

# base_get KEY: what patches/<base>/base says of KEY
base_get() {
	sed -n "s/^$1=//p" "$PATCHES/base"
}

# rows FILE...: the lines of a table, without its comments
rows() { grep -hvE '^[[:space:]]*(#|$)' "$@"; }

# decompress FILE: to stdout, whatever it is compressed with
decompress() {
	local magic tool
	magic=$(head -c 6 "$1" | od -An -tx1 | tr -d ' \n')
	case $magic in
	fd377a585a00) tool='xz -T0' ;;
	1f8b*) tool=gzip ;;
	425a68*) tool=bzip2 ;;
	28b52ffd*) tool=zstd ;;
	*) cat "$1" && return ;;
	esac
	command -v "${tool%% *}" >/dev/null || die "$1: ${tool%% *} is needed to unpack it"
	# shellcheck disable=SC2086 # tool may carry an option
	$tool -dc <"$1"
}

# need_space MB DIR: there is room for MB megabytes in DIR
need_space() {
	local free
	need_writable "$2"
	free=$(df -Pm "$2" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$1" ] ||
		die "disk full: $2 needs $1 MB, has $free MB ($(($1 - free)) MB missing)"
}

# disk_full DIR: little is left there, so the failure that we look at is no wonder
disk_full() {
	[ "$(df -Pm "$1" | awk 'NR == 2 { print $4 }')" -lt 20 ]
}

# shellcheck source=tooling/lib/packages.sh
. "$TOP/tooling/lib/packages.sh"
