/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pool of threads that do one task together. Between tasks they look for the next one for some
 * microseconds and then sleep.
 *
 * One task runs at a time. A task that finds the pool busy with another caller's, or in a child
 * of fork, which has none of the threads, is done by its caller alone: callers must not depend on
 * how many take part.
 */
#ifndef BPB_POOL_H
#define BPB_POOL_H

#include "base/common.h"

struct pool;

/* The share of thread 0 .. threads-1, which has to follow from these two alone. */
typedef void pool_task(void *context, size_t thread, size_t threads);

/* A pool of this many threads, 2 or more, the caller's being one. They have the floating-point
 * environment in which this is called. BPB_ERR_MEMORY, BPB_ERR_THREAD. */
bpb_status bpb_pool_create(struct pool **pool, size_t threads);

/* Accepts NULL. Not while a task runs. */
void bpb_pool_destroy(struct pool *pool);

/* Do the task by at most this many threads, by the caller alone if pool is NULL; everything written
 * is then visible. */
void bpb_pool_run(struct pool *pool, size_t most, pool_task *task, void *context);

#endif
