// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for requests without data, which users can make.  No driver may
 * pass them to its device, since the virtio specification has no empty buffers.
 */
#include <crypto/akcipher.h>
#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mman.h>
#include <linux/scatterlist.h>
#include <linux/uaccess.h>
#include <linux/virtio.h>
#include <linux/virtio_ids.h>
#include <uapi/linux/nsm.h>
#include <uapi/linux/virtio_crypto.h>

#include "fake_device.h"

KUNIT_ARRAY_PARAM_DESC(fake_ring, fake_rings, name);

/* A device that answers success to all requests */
struct fake_sink {
	unsigned int buffers;
};

static void fake_sink_answer(struct fake_queue *q)
{
	struct fake_sink *sink = q->fd->state;

	sink->buffers++;
	fake_answer_zeros(q);
}

#if IS_REACHABLE(CONFIG_NSM)
static const struct fake_model fake_nsm_model = {
	.id		= VIRTIO_ID_NITRO_SEC_MOD,
	.answered	= BIT(0),
	.answer		= fake_sink_answer,
};

/* Devices of this class point to what they were registered with. */
static struct miscdevice *fake_misc(struct kunit *test, const char *name)
{
	struct miscdevice own = {
		.minor = MISC_DYNAMIC_MINOR, .name = "virtio-kunit",
	};
	struct miscdevice *found;
	struct device *dev;

	KUNIT_ASSERT_EQ(test, 0, misc_register(&own));
	dev = class_find_device_by_name(own.this_device->class, name);
	misc_deregister(&own);
	KUNIT_ASSERT_NOT_NULL(test, dev);
	found = dev_get_drvdata(dev);
	put_device(dev);	/* It stays while the driver is bound. */
	return found;
}

static long fake_nsm_ioctl(struct kunit *test, struct miscdevice *misc, u32 len)
{
	struct file *file = kunit_kzalloc(test, sizeof(*file), GFP_KERNEL);
	struct nsm_raw raw = { .request.len = len };
	unsigned long addr;

	KUNIT_ASSERT_NOT_NULL(test, file);
	file->private_data = misc;
	addr = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
			     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE(test, 0, addr);
	raw.request.addr = addr;
	raw.response.addr = addr;
	raw.response.len = 64;
	KUNIT_ASSERT_EQ(test, 0, copy_to_user((void __user *)addr, &raw,
					      sizeof(raw)));
	return misc->fops->unlocked_ioctl(file, NSM_IOCTL_RAW, addr);
}

static void empty_nsm(struct kunit *test)
{
	struct fake_sink *sink = kunit_kzalloc(test, sizeof(*sink), GFP_KERNEL);
	struct miscdevice *misc;

	KUNIT_ASSERT_NOT_NULL(test, sink);
	fake_register(test, &fake_nsm_model, sink);
	misc = fake_misc(test, "nsm");

	KUNIT_EXPECT_EQ(test, 0, fake_nsm_ioctl(test, misc, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_nsm_ioctl(test, misc, 0));
}
#else
static void empty_nsm(struct kunit *test)
{
	kunit_skip(test, "this kernel has no driver for it");
}
#endif

#if IS_REACHABLE(CONFIG_CRYPTO_DEV_VIRTIO)
static const struct virtio_crypto_config fake_rsa_config = {
	.status = cpu_to_le32(VIRTIO_CRYPTO_S_HW_READY),
	.max_dataqueues = cpu_to_le32(1),
	.crypto_services = cpu_to_le32(BIT(VIRTIO_CRYPTO_SERVICE_AKCIPHER)),
	.akcipher_algo = cpu_to_le32(BIT(VIRTIO_CRYPTO_AKCIPHER_RSA)),
};

static const struct fake_model fake_rsa_model = {
	.id		= VIRTIO_ID_CRYPTO,
	.config		= &fake_rsa_config,
	.config_size	= sizeof(fake_rsa_config),
	.answered	= BIT(0) | BIT(1),
	.answer		= fake_sink_answer,
	.by_work	= true,
};

/* An RSAPublicKey, of 63 bits and the exponent 3 */
static const u8 fake_rsa_key[] = {
	0x30, 0x0d,
	0x02, 0x08, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xe7,
	0x02, 0x01, 0x03,
};

static void fake_rsa_free(void *tfm)
{
	crypto_free_akcipher(tfm);
}

static int fake_rsa_encrypt(struct kunit *test, struct crypto_akcipher *tfm,
			    unsigned int src_len, unsigned int dst_len)
{
	u8 *data = kunit_kzalloc(test, 16, GFP_KERNEL);
	struct akcipher_request *req;
	struct scatterlist src, dst;
	DECLARE_CRYPTO_WAIT(wait);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, data);
	req = akcipher_request_alloc(tfm, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, req);
	sg_init_one(&src, data, 8);
	sg_init_one(&dst, data + 8, 8);
	akcipher_request_set_crypt(req, &src, &dst, src_len, dst_len);
	akcipher_request_set_callback(req, CRYPTO_TFM_REQ_MAY_SLEEP |
				      CRYPTO_TFM_REQ_MAY_BACKLOG,
				      crypto_req_done, &wait);
	err = crypto_wait_req(crypto_akcipher_encrypt(req), &wait);
	akcipher_request_free(req);
	return err;
}

/* With cryptomgr.notests=1: this device does not pass the self tests of RSA. */
static void empty_rsa(struct kunit *test)
{
	struct fake_sink *sink = kunit_kzalloc(test, sizeof(*sink), GFP_KERNEL);
	struct crypto_akcipher *tfm;

	KUNIT_ASSERT_NOT_NULL(test, sink);
	fake_register(test, &fake_rsa_model, sink);
	tfm = crypto_alloc_akcipher("virtio-crypto-rsa", 0, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(tfm));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, fake_rsa_free,
							   tfm));
	KUNIT_ASSERT_EQ(test, 0,
			crypto_akcipher_set_pub_key(tfm, fake_rsa_key,
						    sizeof(fake_rsa_key)));
	KUNIT_EXPECT_EQ(test, 1, sink->buffers);
	KUNIT_EXPECT_EQ(test, 0, fake_rsa_encrypt(test, tfm, 8, 8));
	KUNIT_EXPECT_EQ(test, 2, sink->buffers);

	KUNIT_EXPECT_EQ(test, -EINVAL, fake_rsa_encrypt(test, tfm, 0, 8));
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_rsa_encrypt(test, tfm, 8, 0));
	KUNIT_EXPECT_EQ(test, 2, sink->buffers);
}
#else
static void empty_rsa(struct kunit *test)
{
	kunit_skip(test, "this kernel has no driver for it");
}
#endif

static struct kunit_case empty_cases[] = {
	KUNIT_CASE_PARAM(empty_nsm, fake_ring_gen_params),
	KUNIT_CASE_PARAM(empty_rsa, fake_ring_gen_params),
	{}
};

static struct kunit_suite empty_suite = {
	.name		= "virtio_empty",
	.test_cases	= empty_cases,
};

kunit_test_suite(empty_suite);
