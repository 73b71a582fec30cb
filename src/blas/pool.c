/* SPDX-License-Identifier: BSD-3-Clause */
#define _DEFAULT_SOURCE /* madvise */
#include "blas/pool.h"
#include "base/clock.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

/*
 * How long a thread that waits looks before it sleeps, and how long of that before it lets others
 * run between two looks. Longer than the gaps between tasks, and than one thread may be behind
 * another: a thread that has slept begins late, and then makes the others wait until they sleep,
 * and so on from task to task. So short that an idle pool costs nothing.
 */
#define LOOK_NANOSECONDS 500000
#define YIELD_NANOSECONDS 20000

struct pool {
    size_t threads;
    atomic_bool busy;   /* a task is being done */
    size_t taking_part; /* threads, in the task that runs */
    pool_task *task;    /* of this round */
    void *context;
    atomic_size_t round; /* counts the tasks; one more: begin */
    atomic_size_t left;  /* workers that have not finished this round */
    atomic_bool stop;
    atomic_size_t asleep;       /* workers that sleep, or are about to */
    atomic_bool caller_asleep;
    pthread_mutex_t mutex;      /* for sleeping only */
    pthread_cond_t begin, end;
    unsigned char *same_process; /* a page that is 1 here, and 0 in a child of fork */
    size_t started;              /* workers */
    pthread_t worker[];
};

/* What a worker is told: which thread of which pool. */
struct worker_place {
    struct pool *pool;
    size_t thread;
};

/*
 * Look for a change for a while; true: it has come. Reading the clock is the pause between two
 * looks: the processor's own instruction for that makes some hypervisors stop the whole CPU.
 */
static bool look(atomic_size_t *value, size_t wanted, bool equal)
{
    const long long begin = nanoseconds_now();
    for (long long waited = 0; waited < LOOK_NANOSECONDS; waited = nanoseconds_now() - begin) {
        if ((atomic_load(value) == wanted) == equal)
            return true;
        if (waited > YIELD_NANOSECONDS)
            sched_yield();
    }
    return false;
}

static void wait_for_round(struct pool *pool, size_t last)
{
    if (look(&pool->round, last, false))
        return;
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->asleep, 1); /* before the last look: who begins a round sees it */
    while (atomic_load(&pool->round) == last)
        pthread_cond_wait(&pool->begin, &pool->mutex);
    atomic_fetch_sub(&pool->asleep, 1);
    pthread_mutex_unlock(&pool->mutex);
}

static void begin_round(struct pool *pool)
{
    atomic_store(&pool->left, pool->started);
    atomic_fetch_add(&pool->round, 1);
    if (atomic_load(&pool->asleep) == 0)
        return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->begin);
    pthread_mutex_unlock(&pool->mutex);
}

static void finish_round(struct pool *pool)
{
    if (atomic_fetch_sub(&pool->left, 1) != 1 || !atomic_load(&pool->caller_asleep))
        return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_signal(&pool->end);
    pthread_mutex_unlock(&pool->mutex);
}

static void wait_for_workers(struct pool *pool)
{
    if (look(&pool->left, 0, true))
        return;
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->caller_asleep, true); /* before the last look, as above */
    while (atomic_load(&pool->left) != 0)
        pthread_cond_wait(&pool->end, &pool->mutex);
    atomic_store(&pool->caller_asleep, false);
    pthread_mutex_unlock(&pool->mutex);
}

static void *work(void *argument)
{
    const struct worker_place place = *(struct worker_place *)argument;
    struct pool *pool = place.pool;
    free(argument);
    for (size_t round = 0;; round++) {
        wait_for_round(pool, round);
        if (atomic_load(&pool->stop))
            return NULL;
        if (place.thread < pool->taking_part)
            pool->task(pool->context, place.thread, pool->taking_part);
        finish_round(pool);
    }
}

/* One more worker, which no signal interrupts: those are for the program's own threads. */
static bool start_worker(struct pool *pool)
{
    struct worker_place *place = malloc(sizeof *place);
    if (!place)
        return false;
    *place = (struct worker_place){pool, pool->started + 1};
    sigset_t all, callers;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &callers);
    const bool started = pthread_create(&pool->worker[pool->started], NULL, work, place) == 0;
    pthread_sigmask(SIG_SETMASK, &callers, NULL);
    if (started)
        pool->started++;
    else
        free(place);
    return started;
}

/* NULL where the system cannot do that: then a child of fork cannot tell. */
static unsigned char *map_mark(void)
{
#ifdef MADV_WIPEONFORK
    unsigned char *mark =
        mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mark == MAP_FAILED)
        return NULL;
    if (madvise(mark, 1, MADV_WIPEONFORK) == 0) {
        *mark = 1;
        return mark;
    }
    munmap(mark, 1);
#endif
    return NULL;
}

static bool has_threads(const struct pool *pool)
{
    return !pool->same_process || *pool->same_process;
}

bpb_status bpb_pool_create(struct pool **pool, size_t threads)
{
    struct pool *made = calloc(1, sizeof *made + (threads - 1) * sizeof *made->worker);
    REQUIRE(made, BPB_ERR_MEMORY, "out of memory for a pool of %zu threads", threads);
    made->threads = threads;
    made->same_process = map_mark();
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->begin, NULL);
    pthread_cond_init(&made->end, NULL);
    while (made->started < threads - 1 && start_worker(made))
        continue;
    if (made->started < threads - 1) {
        const size_t started = made->started;
        bpb_pool_destroy(made);
        REFUSE(BPB_ERR_THREAD, "only %zu of %zu threads could be started", started + 1, threads);
    }
    *pool = made;
    return BPB_OK;
}

static void stop_workers(struct pool *pool)
{
    atomic_store(&pool->stop, true);
    begin_round(pool);
    for (size_t i = 0; i < pool->started; i++)
        pthread_join(pool->worker[i], NULL);
    pthread_cond_destroy(&pool->begin);
    pthread_cond_destroy(&pool->end);
    pthread_mutex_destroy(&pool->mutex);
}

void bpb_pool_destroy(struct pool *pool)
{
    if (!pool)
        return;
    if (has_threads(pool))
        stop_workers(pool);
    if (pool->same_process)
        munmap(pool->same_process, 1);
    free(pool);
}

void bpb_pool_run(struct pool *pool, size_t most, pool_task *task, void *context)
{
    bool idle = false;
    if (!pool || most <= 1 || !has_threads(pool) ||
        !atomic_compare_exchange_strong(&pool->busy, &idle, true)) {
        task(context, 0, 1);
        return;
    }
    pool->task = task;
    pool->context = context;
    pool->taking_part = BPB_MIN(most, pool->threads);
    begin_round(pool);
    task(context, 0, pool->taking_part);
    wait_for_workers(pool);
    atomic_store(&pool->busy, false);
}
