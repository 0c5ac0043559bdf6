#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: help.sh

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

bases=$(cd "$TOP/patches" && echo */base)

cat <<EOF
Piecewise virtqueue buffers for Linux: a patch series, and its tests.

  make boot          build the kernel, boot it in QEMU, move real data
  make check         all tests; ends with 'N passed, N failed, N skipped'
  make check-all     the same, longer, and tests that take hours
  make check-often   tests in a guest, many times on a busy machine
  make rebase-check  which releases of this kernel line does the series fit?
  make check-parity  only: the tests of the classic calls on the untouched kernel
  make bench         the cost of a request: CSV, tables, plots
  make bench-guest   the cost of a whole I/O, in a guest: the same
  make mutants       which faults in the ring do the tests find?
  make coverage      how much of the ring do the tests reach, and what not?

  make report        one page (HTML) with the results of the last runs
  make docs          write the figures of the last runs into README.md and docs/

  make tree          assemble build/<base>/linux: tag base, branch series
  make refresh       write the commits on branch series back to patches/
  make build         build the guest's kernel
  make series        the patches as mails, in parts that can be posted
  make bundle        the patches as a git bundle, on base or on KERNEL_SRC's HEAD
  make apply KERNEL=directory     apply them to your own kernel tree
  make unapply KERNEL=directory   revert them there
  make quilt         the patches as debian/patches of Debian's linux package
  make deb           Debian packages of the patched kernel
  make clean         remove build/<base>; downloads stay

Variables, as in 'make boot ACCEL=kvm':
  BASE=$BASE          the kernel (have: ${bases//\/base/}); mainline is the newest
  KERNEL_SRC=        a tarball, git tree or directory of that kernel, instead of
                     Debian's package linux-source-<base>; an existing tree keeps
                     its source
  ACCEL=tcg          QEMU's accelerator; kvm where /dev/kvm works
  QEMU=              another QEMU; in-order rings need version 10, disks on them 10.1
  SPARSE=            another sparse; Linux 7.3 needs 0.6.5
  ARCH=x86_64        the guest's architecture
  O=build            the directory for all output
  CONFIG=            a kernel configuration for make deb (default: the guest's)
  IMAGE=             boot this kernel, or the one in this .deb with its modules,
                     instead of build/<base>/obj
  N=20 LOAD=4        for make check-often: number of runs, and of busy loops; and
  CHECKS=            which checks, for instance 'stress 7.3:kunit'
  FROM=              for make series: your identity, FROM='Name <mail>'
  PREFIX=            for make series: PREFIX=net-next gives [PATCH net-next]
  REROLL=            for make series: 2 gives [PATCH v2]
  V=0                V=1 shows the output of every command
  J=$J                number of jobs (default: all processors)

As root on Debian, missing packages are installed. Otherwise one line says which
packages are needed.
EOF
