/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Legacy devices as they are on a big-endian machine: every program includes
 * this first when it is built with BIG=1.
 */
#include <linux/virtio_byteorder.h>

#define virtio_legacy_is_little_endian()	false
