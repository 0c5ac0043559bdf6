# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2054
# Sourced by qemu.sh: the machine that QEMU emulates for ARCH.

# machine_args: fills MACHINE_ARGS, SERIAL_ARGS and CMDLINE for ARCH and ACCEL, and says
# on which ports the guest reports and asks.  Its init learns them from the command line.
machine_args() {
	# the kernel's self tests of ciphers run when the guest wants them
	CMDLINE='panic=-1 oops=panic cryptomgr.notests=1'
	SERIAL_ARGS=(-serial file:console.log)
	case $ARCH in
	x86_64) machine_x86_64 ;;
	arm64) machine_arm64 ;;
	s390x) machine_s390x ;;
	esac
	CMDLINE+=" REPORT_PORT=$REPORT_PORT ASK_PORT=$ASK_PORT"
	case $ACCEL in
	tcg) MACHINE_ARGS+=(-smp 2 -accel "tcg,thread=multi" -cpu "$TCG_CPU") ;;
	kvm) MACHINE_ARGS+=(-smp 2 -accel kvm -cpu host) ;;
	# for bench-guest: one processor, whose clock counts its instructions
	count) MACHINE_ARGS+=(-smp 1 -accel "tcg,thread=single" -icount shift=0 -cpu "$TCG_CPU") ;;
	esac
}

machine_x86_64() {
	VIRTIO_BUS=pci
	MACHINE_ARGS=(-M "q35,usb=off,smbus=off" -m "$MEMORY")
	SERIAL_ARGS+=(-serial file:report)
	REPORT_PORT=/dev/ttyS1 REPORT_NUMBER='4 65'
	ASK_PORT=/dev/ttyS2 ASK_DEVICE='isa-serial,index=2,irq=5'
	TCG_CPU=max,-erms,-fsrm		# TCG copies byte by byte with "fast" string instructions
	# on a busy host an emulated timer can be late, and look broken
	CMDLINE+=' console=ttyS0 no_timer_check'
	case $ACCEL in
	# calibrated by a late timer, the TSC would be too slow, and a second too short
	tcg) CMDLINE+=' tsc=unstable' ;;
	kvm) CMDLINE+=' tsc=reliable' ;;
	# its calibration takes a minute there, and fails
	count) CMDLINE+=' nolapic_timer tsc=reliable' ;;
	esac
}

# The one serial port that the machine has is the console; the others are on PCI.
machine_arm64() {
	VIRTIO_BUS=pci
	MACHINE_ARGS=(-M virt,gic-version=3 -m "$MEMORY" -global virtio-mmio.force-legacy=false
		-global virtio-net-pci.romfile=)
	SERIAL_ARGS+=(-chardev file,id=report,path=report -device pci-serial,bus=pcie.0,addr=0x2,chardev=report)
	REPORT_PORT=/dev/ttyS0 REPORT_NUMBER='4 64'
	ASK_PORT=/dev/ttyS1 ASK_DEVICE=pci-serial,bus=pcie.0,addr=0x3
	TCG_CPU=cortex-a72
	CMDLINE+=' console=ttyAMA0'
}

# Two consoles and no more ports: nothing can be asked.  The line-mode one would break up
# long lines of the kernel.
machine_s390x() {
	VIRTIO_BUS=ccw
	MACHINE_ARGS=(-M s390-ccw-virtio -m "$MEMORY")
	SERIAL_ARGS+=(-chardev file,id=report,path=report -device sclplmconsole,chardev=report)
	REPORT_PORT=/dev/sclp_line0 REPORT_NUMBER='4 64'
	ASK_PORT='' ASK_DEVICE=''
	TCG_CPU=max
	CMDLINE+=' console=ttysclp0'
}
