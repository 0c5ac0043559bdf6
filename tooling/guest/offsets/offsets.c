// SPDX-License-Identifier: GPL-2.0
/*
 * Where a kprobe finds the name of the PCI device behind a struct virtqueue, as
 * this kernel's own compiler flags lay it out.  Never linked: the assembler
 * text is what counts, as with asm-offsets.c.
 */
#include <linux/kbuild.h>
#include <linux/virtio.h>

void offsets(void);
void offsets(void)
{
	DEFINE(VQ_VDEV, offsetof(struct virtqueue, vdev));
	DEFINE(VDEV_PARENT, offsetof(struct virtio_device, dev.parent));
	DEFINE(DEVICE_NAME, offsetof(struct device, kobj.name));
}
