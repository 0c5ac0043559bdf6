/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Legacy devices as on a big-endian machine: every program that is built with
 * BIG=1 includes this first.
 */
#include <linux/virtio_byteorder.h>

#define virtio_legacy_is_little_endian()	false
