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
  make check-all     as make check, but longer, plus tests that take hours
  make check-often   run the guest tests many times on a busy machine
  make rebase-check  test which releases of this kernel line the series fits
  make check-parity  run the tests of the classic calls on the untouched kernel
  make bench         measure the cost of a request: CSV, tables, plots
  make bench-guest   measure the cost of a whole I/O in a guest
  make mutants       put faults into the ring, and test that the tests find them
  make coverage      measure how much of the ring the tests reach

  make report        write an HTML page with the results of the last runs
  make docs          write the figures of the last runs into README.md and docs/

  make tree          assemble build/<base>/linux: tag base, branch series
  make refresh       write the commits on branch series back to patches/
  make build         build the guest's kernel
  make series        write the patches as mails, in parts that can be posted
  make bundle        write a git bundle, on base or on the HEAD of KERNEL_SRC
  make apply KERNEL=directory     apply the patches to your own kernel tree
  make unapply KERNEL=directory   revert them there
  make quilt         write debian/patches for Debian's linux package
  make deb           build Debian packages of the patched kernel
  make clean         remove build/<base>, but not the downloads

Variables, for example 'make boot ACCEL=kvm':
  BASE=$BASE          the kernel (have: ${bases//\/base/}); mainline is the newest
  KERNEL_SRC=        a tarball, git tree or directory of that kernel, instead of
                     Debian's package linux-source-<base>; an existing tree keeps
                     its source
  ACCEL=tcg          QEMU's accelerator; kvm if /dev/kvm works
  QEMU=              another QEMU; in-order rings need version 10, disks on them 10.1
  SPARSE=            another sparse; Linux 7.3 needs 0.6.5
  ARCH=x86_64        the guest's architecture: also arm64 and s390x, cross-compiled;
                     for make build and make boot
  O=build            the directory for all output
  CONFIG=            a kernel configuration for make deb (default: the guest's)
  IMAGE=             boot this kernel, or the one in this .deb with its modules,
                     instead of build/<base>/obj
  N=20 LOAD=4        for make check-often: number of runs and of busy loops, and
  CHECKS=            which checks, for example 'stress 7.3:kunit'
  FROM=              for make series: your identity, FROM='Name <mail>'
  PREFIX=            for make series: PREFIX=net-next gives [PATCH net-next]
  REROLL=            for make series: 2 gives [PATCH v2]
  V=0                V=1 shows the output of every command
  J=$J                number of jobs (default: all processors)

On Debian, missing packages are installed if you are root. Otherwise a message
names the packages that are needed.
EOF
