#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every file that the series touches compiles, all drivers on x86_64: with W=1 and
# sparse's endian checks there is no warning that the untouched kernel does not give.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/check/sparse.sh
. "$TOP/tooling/check/sparse.sh"

need_packages sparse
"$TOP/tooling/tree.sh"
mapfile -t drivers < <(touched x86_64 base series | grep -v '^drivers/virtio/')
[ "${#drivers[@]}" -gt 20 ] || fail "only ${#drivers[@]} drivers are changed"
compare x86_64 "$RESULTS/check/warnings" "${drivers[@]}"
mapfile -t ring < <(touched x86_64 base series | grep '^drivers/virtio/')
were_compiled "$RESULTS/check/warnings/x86_64.series.log" "${ring[@]}"
say "$COUNT files, ${#drivers[@]} of them outside drivers/virtio; no new warning$WITHOUT"
