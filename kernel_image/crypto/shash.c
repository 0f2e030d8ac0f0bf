// SPDX-License-Identifier: MIT
/* Synchronous hashes: the calls, and what they fall back on where an algorithm has no better way. */
#include <crypto/hash.h>
#include <linux/errno.h>
#include <linux/module.h>

int crypto_shash_setkey(struct crypto_shash *tfm, const u8 *key, unsigned int keylen)
{
	return tfm->alg->setkey ? tfm->alg->setkey(tfm, key, keylen) : -ENOSYS;
}
EXPORT_SYMBOL_GPL(crypto_shash_setkey);

int crypto_shash_init(struct shash_desc *desc)
{
	return desc->tfm->alg->init(desc);
}
EXPORT_SYMBOL_GPL(crypto_shash_init);

int crypto_shash_update(struct shash_desc *desc, const u8 *data, unsigned int len)
{
	return desc->tfm->alg->update(desc, data, len);
}
EXPORT_SYMBOL_GPL(crypto_shash_update);

int crypto_shash_final(struct shash_desc *desc, u8 *out)
{
	return desc->tfm->alg->final(desc, out);
}
EXPORT_SYMBOL_GPL(crypto_shash_final);

static int shash_finup_unaligned(struct shash_desc *desc, const u8 *data, unsigned int len, u8 *out)
{
	int err = crypto_shash_update(desc, data, len);

	return err ? err : crypto_shash_final(desc, out);
}

int crypto_shash_finup(struct shash_desc *desc, const u8 *data, unsigned int len, u8 *out)
{
	return desc->tfm->alg->finup ? desc->tfm->alg->finup(desc, data, len, out) :
				       shash_finup_unaligned(desc, data, len, out);
}
EXPORT_SYMBOL_GPL(crypto_shash_finup);

int crypto_shash_digest(struct shash_desc *desc, const u8 *data, unsigned int len, u8 *out)
{
	if (desc->tfm->alg->digest)
		return desc->tfm->alg->digest(desc, data, len, out);
	return crypto_shash_init(desc) ?: crypto_shash_finup(desc, data, len, out);
}
EXPORT_SYMBOL_GPL(crypto_shash_digest);
