#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: [SEED=seed] [SEQUENCES=n] [DEPTH=n] ring.sh
#
# The ring in user space, under ASan and UBSan: every configuration, every small
# ring, completions in the middle of an add, buffers that are given up, a device
# that writes while a buffer is built; and random sequences of operations which
# the untouched ring and ours must answer alike.  SEED replays one of these, and does nothing else.  The same
# as on a big-endian machine, shorter.  And the tests of the kernel's own
# tools/virtio.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/kernel.sh
. "$TOP/tooling/lib/kernel.sh"
# shellcheck source=tooling/lib/ring.sh
. "$TOP/tooling/lib/ring.sh"

need_packages build-essential
get_rings
build_ring san SAN=1 CC="$(compiler)"
cd "$RING/san"
if [ -n "${SEED:-}" ]; then
	exec ./differential --seed "$SEED"
fi
./smoke
./paths
if [ -x mapped ]; then	# for what not every kernel has
	./mapped
fi
./past
./past --base
./interrupted
./interrupted --base
./anywhere
./anywhere --base
./given_up
./read_back
./read_back --base
./pieces
./pieces --base
./full
./small --depth "${DEPTH:-5}"
./differential --sequences "${SEQUENCES:-1000000}" | tee differential.log

# What shows in a DEBUG build alone
build_ring debug CC="$(compiler)" DEBUG=1 BASE_DEBUG=1 \
	"$RING"/debug/{past,given_up}
"$RING/debug/past"
"$RING/debug/given_up"
"$RING/debug/past" --base

# Legacy devices on a big-endian machine: only here do words change places
build_ring big SAN=1 BIG=1 CC="$(compiler)" "$RING"/big/{smoke,differential}
"$RING/big/smoke"
"$RING/big/differential" --sequences $((${SEQUENCES:-1000000} / 10))

# These build beside their sources: in the second work tree
go_to series
each_git clean -q -f -d -x -- tools/virtio
make -s -C "$EACH/tools/virtio" CC="$(compiler)" check
each_git clean -q -f -d -x -- tools/virtio
say "$(tail -n 1 differential.log)"
