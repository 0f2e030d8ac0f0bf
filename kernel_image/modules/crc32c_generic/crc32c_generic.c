// SPDX-License-Identifier: MIT
/* CRC-32C (Castagnoli) by table. */
#include <crypto/hash.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/string.h>

#define CRC32C_POLY_LE	0x82f63b78

struct chksum_ctx { u32 key; };
struct chksum_desc_ctx { u32 crc; };

static u32 crc32c_table[256];

static __always_inline notrace u32 __crc32c_le(u32 crc, const u8 *p, unsigned int len)
{
	while (len--)
		crc = crc >> 8 ^ crc32c_table[(crc ^ *p++) & 0xff];
	return crc;
}

static int chksum_init(struct shash_desc *desc)
{
	struct chksum_ctx *mctx = crypto_shash_ctx(desc->tfm);
	struct chksum_desc_ctx *ctx = shash_desc_ctx(desc);

	ctx->crc = mctx->key;
	return 0;
}

/* The seed may be set, by something of the size of a digest. */
static int chksum_setkey(struct crypto_shash *tfm, const u8 *key, unsigned int keylen)
{
	struct chksum_ctx *mctx = crypto_shash_ctx(tfm);

	if (keylen != sizeof(mctx->key))
		return -EINVAL;
	memcpy(&mctx->key, key, sizeof(mctx->key));
	return 0;
}

static int chksum_update(struct shash_desc *desc, const u8 *data, unsigned int length)
{
	struct chksum_desc_ctx *ctx = shash_desc_ctx(desc);

	ctx->crc = __crc32c_le(ctx->crc, data, length);
	return 0;
}

static __always_inline notrace void put_digest(u32 crc, u8 *out)
{
	crc = ~crc;
	memcpy(out, &crc, sizeof(crc));
}

static int chksum_final(struct shash_desc *desc, u8 *out)
{
	struct chksum_desc_ctx *ctx = shash_desc_ctx(desc);

	put_digest(ctx->crc, out);
	return 0;
}

static int chksum_finup(struct shash_desc *desc, const u8 *data, unsigned int len, u8 *out)
{
	struct chksum_desc_ctx *ctx = shash_desc_ctx(desc);

	put_digest(__crc32c_le(ctx->crc, data, len), out);
	return 0;
}

static int chksum_digest(struct shash_desc *desc, const u8 *data, unsigned int length, u8 *out)
{
	struct chksum_ctx *mctx = crypto_shash_ctx(desc->tfm);

	put_digest(__crc32c_le(mctx->key, data, length), out);
	return 0;
}

static int crc32c_cra_init(struct crypto_shash *tfm)
{
	struct chksum_ctx *mctx = crypto_shash_ctx(tfm);

	mctx->key = ~0U;
	return 0;
}

static struct shash_alg alg = {
	.digestsize = sizeof(u32),
	.descsize = sizeof(struct chksum_desc_ctx),
	.ctxsize = sizeof(struct chksum_ctx),
	.setkey = chksum_setkey,
	.init = chksum_init,
	.update = chksum_update,
	.final = chksum_final,
	.finup = chksum_finup,
	.digest = chksum_digest,
	.cra_init = crc32c_cra_init,
	.cra_name = "crc32c",
	.cra_driver_name = "crc32c-generic",
	.cra_priority = 100,
	.cra_module = THIS_MODULE,
};

/* "123456789", seeded through the key and all at once, must give the catalogue's check value. */
static int __init crc32c_selftest(void)
{
	static const u8 seed[4] = { 0xff, 0xff, 0xff, 0xff };
	struct crypto_shash *tfm = crypto_alloc_shash("crc32c-generic", 0, 0);
	struct shash_desc desc;
	u32 once = 0, parts = 0;
	int err;

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	desc.tfm = tfm;
	err = crypto_shash_setkey(tfm, seed, sizeof(seed)) ?: crypto_shash_digest(&desc, (const u8 *)"123456789", 9, (u8 *)&once);
	if (!err)
		err = crypto_shash_init(&desc) ?: crypto_shash_update(&desc, (const u8 *)"1234", 4) ?:
		      crypto_shash_finup(&desc, (const u8 *)"56789", 5, (u8 *)&parts);
	crypto_free_shash(tfm);
	return err ? err : once == 0xe3069283 && parts == once ? 0 : -EINVAL;
}

static int __init crc32c_mod_init(void)
{
	u32 i, crc;
	int bit, err;

	for (i = 0; i < 256; i++) {
		for (crc = i, bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CRC32C_POLY_LE : 0);
		crc32c_table[i] = crc;
	}
	err = crypto_register_shash(&alg);
	if (err)
		return err;
	err = crc32c_selftest();
	if (err)
		crypto_unregister_shash(&alg);
	return err;
}

static void __exit crc32c_mod_fini(void)
{
	crypto_unregister_shash(&alg);
}

module_init(crc32c_mod_init);
module_exit(crc32c_mod_fini);
MODULE_LICENSE("MIT");
