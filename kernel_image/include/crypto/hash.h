/* SPDX-License-Identifier: MIT */
#ifndef _CRYPTO_HASH_H
#define _CRYPTO_HASH_H
#include <linux/types.h>
#include <linux/list.h>

struct module;
struct crypto_shash;

struct shash_desc {
	struct crypto_shash *tfm;
	u64 __ctx[4];			/* descsize bytes of it */
};

struct shash_alg {
	int (*init)(struct shash_desc *desc);
	int (*update)(struct shash_desc *desc, const u8 *data, unsigned int len);
	int (*final)(struct shash_desc *desc, u8 *out);
	int (*finup)(struct shash_desc *desc, const u8 *data, unsigned int len, u8 *out);
	int (*digest)(struct shash_desc *desc, const u8 *data, unsigned int len, u8 *out);
	int (*setkey)(struct crypto_shash *tfm, const u8 *key, unsigned int keylen);
	int (*cra_init)(struct crypto_shash *tfm);
	unsigned int digestsize, descsize, ctxsize;
	const char *cra_name, *cra_driver_name;
	int cra_priority;
	struct module *cra_module;
	struct list_head cra_list;
};

struct crypto_shash { struct shash_alg *alg; u64 __crt_ctx[2]; };

#define shash_desc_ctx(d)	((void *)(d)->__ctx)
#define crypto_shash_ctx(t)	((void *)(t)->__crt_ctx)

int crypto_register_shash(struct shash_alg *alg);
void crypto_unregister_shash(struct shash_alg *alg);
struct crypto_shash *crypto_alloc_shash(const char *alg_name, u32 type, u32 mask);
void crypto_free_shash(struct crypto_shash *tfm);
int crypto_shash_setkey(struct crypto_shash *tfm, const u8 *key, unsigned int keylen);
int crypto_shash_init(struct shash_desc *desc);
int crypto_shash_update(struct shash_desc *desc, const u8 *data, unsigned int len);
int crypto_shash_final(struct shash_desc *desc, u8 *out);
int crypto_shash_finup(struct shash_desc *desc, const u8 *data, unsigned int len, u8 *out);
int crypto_shash_digest(struct shash_desc *desc, const u8 *data, unsigned int len, u8 *out);
#endif
