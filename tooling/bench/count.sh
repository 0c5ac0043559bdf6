# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Builds tools/virtio/vring/bench.c and counts its instructions with callgrind.
# To be sourced, after ../lib/common.sh.

# build_bench DIR [VARIABLE=VALUE...]: DIR/obj/bench, for make's variables
build_bench() {
	local dir=$1
	shift
	mkdir -p "$dir"
	kgit show base:drivers/virtio/virtio_ring.c >"$dir/base_ring.c"
	quietly "$dir/build.log" make -C "$LINUX/tools/virtio/vring" PLAIN=1 \
		BASE_RING="$dir/base_ring.c" O="$dir/obj" "$@" >&2 ||
		fail "the benchmark does not compile, see $dir/build.log"
}

# count_bench DIR: lines "way,ring,place,dma,pieces,list,what,instructions".  Each
# case is a dump of callgrind's.  What the measuring costs, the way "null", is taken
# off.
count_bench() {
	rm -f "$1"/callgrind.*
	quietly "$1/count.log" valgrind -q --tool=callgrind --collect-atstart=no \
		--callgrind-out-file="$1/callgrind" "$1/obj/bench" count >&2 ||
		fail "the counting failed, see $1/count.log"
	cat "$1"/callgrind.* | awk -F '[:,] *' '
		/^desc: Trigger: Client Request:/ {
			sub(/^desc: Trigger: Client Request: /, "")
			split($0, f, ",")
			way = f[1]
			key = f[2] "," f[3] "," f[4] "," f[5] "," f[6] "," f[7]
			rounds = f[8]
		}
		/^summary:/ && way != "" {
			cost[way, key] = $2 / rounds
			if (way != "null") { keys[++nr] = key; ways[nr] = way }
			way = ""
		}
		END {
			for (i = 1; i <= nr; i++)
				printf "%s,%s,%.0f\n", ways[i], keys[i],
					cost[ways[i], keys[i]] - cost["null", keys[i]]
		}' | sort -t, -k7,7 -k2,4 -k5,5n -k6,6 -k1,1
}
