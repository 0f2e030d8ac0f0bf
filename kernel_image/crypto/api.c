// SPDX-License-Identifier: MIT
/* The registry of algorithms: by name the one with the highest priority, its module loaded when there is none. */
#include <crypto/hash.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/string.h>

static LIST_HEAD(crypto_alg_list);
static DECLARE_RWSEM(crypto_alg_sem);

static noinline struct shash_alg *crypto_mod_get(struct shash_alg *alg)
{
	return try_module_get(alg->cra_module) ? alg : NULL;
}

static noinline void crypto_mod_put(struct shash_alg *alg)
{
	module_put(alg->cra_module);
}

/* The semaphore is held; the algorithm's module too, on return. */
static noinline struct shash_alg *__crypto_alg_lookup(const char *name)
{
	struct shash_alg *q, *alg = NULL;

	list_for_each_entry(q, &crypto_alg_list, cra_list) {
		if (strcmp(q->cra_driver_name, name) && (strcmp(q->cra_name, name) || (alg && q->cra_priority <= alg->cra_priority)))
			continue;
		if (!crypto_mod_get(q))
			continue;
		if (alg)
			crypto_mod_put(alg);
		alg = q;
	}
	return alg;
}

static noinline struct shash_alg *crypto_alg_lookup(const char *name)
{
	struct shash_alg *alg;

	down_read(&crypto_alg_sem);
	alg = __crypto_alg_lookup(name);
	up_read(&crypto_alg_sem);
	return alg;
}

static noinline struct shash_alg *crypto_alg_mod_lookup(const char *name)
{
	struct shash_alg *alg = crypto_alg_lookup(name);

	return alg ? alg : ERR_PTR(-ENOENT);
}

int crypto_register_shash(struct shash_alg *alg)
{
	struct shash_alg *q;
	int ret = 0;

	if (alg->descsize > sizeof_field(struct shash_desc, __ctx) || alg->ctxsize > sizeof_field(struct crypto_shash, __crt_ctx))
		return -EINVAL;
	down_write(&crypto_alg_sem);
	list_for_each_entry(q, &crypto_alg_list, cra_list)
		if (!strcmp(q->cra_driver_name, alg->cra_driver_name))
			ret = -EEXIST;
	if (!ret)
		list_add(&alg->cra_list, &crypto_alg_list);
	up_write(&crypto_alg_sem);
	return ret;
}
EXPORT_SYMBOL_GPL(crypto_register_shash);

void crypto_unregister_shash(struct shash_alg *alg)
{
	down_write(&crypto_alg_sem);
	list_del(&alg->cra_list);
	up_write(&crypto_alg_sem);
}
EXPORT_SYMBOL_GPL(crypto_unregister_shash);

static noinline int crypto_shash_init_tfm(struct crypto_shash *tfm)
{
	return tfm->alg->cra_init ? tfm->alg->cra_init(tfm) : 0;
}

static noinline struct crypto_shash *crypto_create_tfm_node(struct shash_alg *alg)
{
	struct crypto_shash *tfm = kzalloc(sizeof(*tfm), GFP_KERNEL);
	int err;

	if (!tfm)
		return ERR_PTR(-ENOMEM);
	tfm->alg = alg;
	err = crypto_shash_init_tfm(tfm);
	if (err) {
		kfree(tfm);
		return ERR_PTR(err);
	}
	return tfm;
}

static noinline struct crypto_shash *crypto_alloc_tfm_node(const char *alg_name)
{
	struct shash_alg *alg = crypto_alg_mod_lookup(alg_name);
	struct crypto_shash *tfm;

	if (IS_ERR(alg))
		return ERR_CAST(alg);
	tfm = crypto_create_tfm_node(alg);
	if (IS_ERR(tfm))
		crypto_mod_put(alg);
	return tfm;
}

struct crypto_shash *crypto_alloc_shash(const char *alg_name, u32 type, u32 mask)
{
	return crypto_alloc_tfm_node(alg_name);
}
EXPORT_SYMBOL_GPL(crypto_alloc_shash);

void crypto_free_shash(struct crypto_shash *tfm)
{
	if (IS_ERR_OR_NULL(tfm))
		return;
	crypto_mod_put(tfm->alg);
	kfree(tfm);
}
EXPORT_SYMBOL_GPL(crypto_free_shash);
