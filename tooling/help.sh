#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: help.sh

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

bases=$(cd "$TOP/patches" && echo */base)

cat <<EOF
Piecewise virtqueue buffers for Linux: a patch series, and what tests it.

  make boot          build the kernel, boot it in QEMU, move real data
  make check         the test command: ends with 'N passed, N failed, N skipped'
  make check-all     the same, and what takes hours
  make check-often   checks that boot a guest, many times on a busy machine
  make rebase-check  which releases of that line does the series fit?
  make check-parity  only: do old and new ring do the same?
  make bench         what a request costs: CSV, tables, plots
  make bench-guest   what a whole I/O costs, in a guest: the same
  make mutants       which faults in the ring do the tests find?
  make coverage      how much of the ring do they reach, and what not?

  make report        one page (HTML) of what the last runs found

  make tree          assemble build/<base>/linux: tag base, branch series
  make refresh       write the commits on branch series back to patches/
  make build         build the guest's kernel
  make series        the patches as mails, in parts that can be posted
  make apply KERNEL=directory     put them on a kernel tree of your own
  make unapply KERNEL=directory   take them off it again
  make quilt         the patches as debian/patches of Debian's linux package has them
  make deb           Debian packages of the patched kernel
  make clean         remove build/<base>; downloads stay

Variables, as in 'make boot ACCEL=kvm':
  BASE=$BASE          the kernel line (have: ${bases//\/base/}); mainline is the
                     newest of them
  KERNEL_SRC=        a tarball, git tree or directory of that line, to be used
                     instead of Debian's package linux-source-<base>; a tree
                     once made stays on its source
  ACCEL=tcg          how QEMU runs the guest; kvm where /dev/kvm works
  QEMU=              another one than the machine's; in-order rings take version 10,
                     disks on them 10.1
  SPARSE=            another one than the machine's; Linux 7.3 takes 0.6.5
  ARCH=x86_64        the guest's architecture
  O=build            where everything goes that is made
  CONFIG=            a kernel configuration for make deb (default: the guest's)
  IMAGE=             boot this kernel, or that of this .deb with its modules, not
                     build/<base>/obj
  N=20 LOAD=4        for make check-often: how often, and busy loops beside it; and
  CHECKS=            which, for instance 'stress 7.3:kunit'
  FROM=              who posts the mails of make series: FROM='Name <mail>'
  PREFIX=            what their subjects begin with: PREFIX=net-next gives
                     [PATCH net-next]
  REROLL=            the number of a posting, for make series: 2 gives [PATCH v2]
  V=0                V=1 shows the output of every command
  J=$J                jobs at once (all processors)

As root on Debian, packages that are missing are installed; anybody else is
told which ones are needed.
EOF
