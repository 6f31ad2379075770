/* SPDX-License-Identifier: MIT */
/*
 * model.h - a barrier beside a simple model of what it has to say.
 *
 * The model keeps, for each page, whether it is watched, whether it has to be reported,
 * and which pins cover it.  A harvest has to report all that the model says, and nothing
 * that is not watched; and whatever is not reported has not changed since it last was.
 * A harvest without an error reports nothing else, on a backend that is precise.
 */
#ifndef PGB_CONFORMANCE_MODEL_H
#define PGB_CONFORMANCE_MODEL_H

#include "watch.h"

#define MODEL_PAGES  96
#define MODEL_PINS   4
#define MODEL_PIECES 4

struct model_pin {
	size_t first, pages; /* pages 0: free */
};

/* Of pgb_alloc_range(), and not watched any more; the model knows what is in it. */
struct model_piece {
	unsigned char *memory;
	size_t pages;	       /* 0: none */
	unsigned char content; /* of each byte */
};

struct model {
	struct watch watch;
	unsigned char watched[MODEL_PAGES];
	unsigned char dirty[MODEL_PAGES]; /* must be in the next harvest, if watched */
	unsigned char due[MODEL_PAGES]; /* may be in the next: was unpinned, or could not be
					   armed */
	struct model_pin pins[MODEL_PINS];
	struct model_piece pieces[MODEL_PIECES];
	unsigned char *shadow; /* the content, as far as harvests told */
	bool unsettled;	       /* harvests may fail until model_settle() */
	bool may_fail;	       /* calls are made to fail: then nothing may have changed */
	/* Random numbers below a limit, for model_step(). */
	size_t (*pick)(void *arg, size_t limit);
	void *pick_arg;
};

/* Nothing of `model` but `may_fail` and `pick` has been set.  An errno if it may fail. */
int model_open(struct model *model, const struct pgb_backend_info *backend);
void model_close(struct model *model);

void model_write(struct model *model, size_t page, size_t offset);
/* By a system call, on a backend that can take it. */
void model_write_by_kernel(struct model *model, size_t page);
void model_add(struct model *model, size_t first, size_t pages);
/* Also where nothing is watched. */
void model_remove(struct model *model, size_t first, size_t pages);
/* Each slot is free or has one pin; to pin one that has, or unpin a free one, is nothing.
 */
void model_pin(struct model *model, size_t slot, size_t first, size_t pages);
void model_unpin(struct model *model, size_t slot);
/* The kernel takes the memory back, and gives zeros. */
void model_discard(struct model *model, size_t first, size_t pages);
/* Other memory at the same place; watched on only where the backend can see it. */
void model_map_anew(struct model *model, size_t first, size_t pages);
/* Of ranges that overlap nothing happens. */
void model_move(struct model *model, size_t to, size_t from, size_t pages);
/*
 * Fill a slot that is free, or give back the first pages of what is there; else nothing.
 * Nor is anything done where calls are made to fail: what could not be removed would be
 * reported, and lies outside of the area.
 */
void model_alloc(struct model *model, size_t slot, size_t pages);
void model_free(struct model *model, size_t slot, size_t pages);
void model_harvest(struct model *model);
void model_harvest_range(struct model *model, size_t first, size_t pages);
/* A child finds everything dirty; then it is a barrier as any other. */
void model_fork(struct model *model);

/* Harvest until nothing but pins can be left, and see that nothing else is reported. */
void model_settle(struct model *model);

/* One of the calls above, at random. */
void model_step(struct model *model);

#endif
