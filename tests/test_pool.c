/* SPDX-License-Identifier: BSD-3-Clause */
/* The pool of threads: who does what, that nobody sleeps through a task, and what idling costs. */
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <cmocka.h>

#include "blas/pool.h"

enum { MOST = 8, ROUNDS = 10000, TOGETHER = 400 };

static struct pool *make_pool(size_t threads)
{
    struct pool *pool = NULL;
    assert_int_equal(bpb_pool_create(&pool, threads), BPB_OK);
    assert_non_null(pool);
    return pool;
}

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* ---- A task that notes who took part ---- */

struct roll {
    size_t calls[MOST]; /* by thread, each its own: the pool has to make them visible */
    size_t threads[MOST];
    pthread_t self[MOST];
};

static void call_roll(void *context, size_t thread, size_t threads)
{
    struct roll *roll = context;
    roll->calls[thread]++;
    roll->threads[thread] = threads;
    roll->self[thread] = pthread_self();
}

/* Each of the threads ran as often as it should. Thread 0 is the caller. */
static void assert_roll(const struct roll *roll, size_t threads, size_t calls)
{
    assert_true(pthread_equal(roll->self[0], pthread_self()));
    for (size_t i = 0; i < threads; i++) {
        assert_int_equal(roll->calls[i], calls);
        assert_int_equal(roll->threads[i], threads);
        for (size_t j = 0; j < i; j++)
            assert_false(pthread_equal(roll->self[i], roll->self[j]));
    }
    for (size_t i = threads; i < MOST; i++)
        assert_int_equal(roll->calls[i], 0);
}

static void pool_run__calls_every_thread_once(void **state)
{
    (void)state;
    for (size_t threads = 2; threads <= MOST; threads++) {
        struct pool *pool = make_pool(threads);
        struct roll roll = {0};
        for (size_t round = 1; round <= 20; round++) {
            bpb_pool_run(pool, SIZE_MAX, call_roll, &roll);
            assert_roll(&roll, threads, round);
        }
        bpb_pool_destroy(pool);
    }
}

static void pool_run__without_a_pool_is_the_callers_alone(void **state)
{
    (void)state;
    struct roll roll = {0};
    bpb_pool_run(NULL, SIZE_MAX, call_roll, &roll);
    assert_roll(&roll, 1, 1);
}

static void pool_run__wakes_those_that_sleep(void **state)
{
    (void)state;
    struct pool *pool = make_pool(3);
    struct roll roll = {0};
    for (size_t round = 1; round <= 50; round++) {
        sleep_ms(round % 2 ? 2 : 1);
        bpb_pool_run(pool, SIZE_MAX, call_roll, &roll);
        assert_roll(&roll, 3, round);
    }
    bpb_pool_destroy(pool);
}

/* ---- A caller that has to sleep, because a worker takes long ---- */

static void dawdle(void *context, size_t thread, size_t threads)
{
    if (thread > 0)
        sleep_ms(2);
    call_roll(context, thread, threads);
}

static void pool_run__waits_for_slow_workers(void **state)
{
    (void)state;
    struct pool *pool = make_pool(3);
    struct roll roll = {0};
    for (size_t round = 1; round <= 30; round++) {
        bpb_pool_run(pool, SIZE_MAX, dawdle, &roll);
        assert_roll(&roll, 3, round);
    }
    bpb_pool_destroy(pool);
}

/* ---- Visibility: each round reads what the others wrote in the one before ---- */

struct ring {
    size_t threads;
    size_t value[2][MOST]; /* not atomic: the pool orders them */
    size_t round;
};

/* The next one's value, and one more. */
static void pass_on(void *context, size_t thread, size_t threads)
{
    struct ring *ring = context;
    const size_t from = ring->round % 2;
    ring->value[1 - from][thread] = ring->value[from][(thread + 1) % threads] + 1;
}

static void pool_run__many_rounds_see_what_was_written(void **state)
{
    (void)state;
    struct pool *pool = make_pool(3);
    struct ring ring = {.value = {{100, 200, 300}}};
    for (ring.round = 0; ring.round < ROUNDS; ring.round++)
        bpb_pool_run(pool, SIZE_MAX, pass_on, &ring);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(ring.value[ROUNDS % 2][i], 100 * ((i + ROUNDS) % 3 + 1) + ROUNDS);
    bpb_pool_destroy(pool);
}

/* ---- A pool that is at work ---- */

struct nested {
    struct pool *pool;
    struct roll inner[MOST];
};

static void run_within(void *context, size_t thread, size_t threads)
{
    struct nested *nested = context;
    (void)threads;
    bpb_pool_run(nested->pool, SIZE_MAX, call_roll, &nested->inner[thread]);
}

static void pool_run__within_a_task_is_the_callers_alone(void **state)
{
    (void)state;
    struct nested nested = {.pool = make_pool(3)};
    bpb_pool_run(nested.pool, SIZE_MAX, run_within, &nested);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(nested.inner[i].calls[0], 1);
        assert_int_equal(nested.inner[i].threads[0], 1);
        assert_int_equal(nested.inner[i].calls[1], 0);
    }
    struct roll roll = {0};
    bpb_pool_run(nested.pool, SIZE_MAX, call_roll, &roll); /* and is free again */
    assert_roll(&roll, 3, 1);
    bpb_pool_destroy(nested.pool);
}

/* Another thread's task, which lasts until it is told. */
struct holder {
    struct pool *pool;
    atomic_bool begun, release;
};

static void hold(void *context, size_t thread, size_t threads)
{
    struct holder *holder = context;
    (void)threads;
    if (thread != 0)
        return;
    atomic_store(&holder->begun, true);
    while (!atomic_load(&holder->release))
        sleep_ms(1);
}

static void *run_holder(void *context)
{
    bpb_pool_run(((struct holder *)context)->pool, SIZE_MAX, hold, context);
    return NULL;
}

static void pool_run__while_it_is_busy_is_the_callers_alone(void **state)
{
    (void)state;
    struct holder holder = {.pool = make_pool(2)};
    struct roll roll = {0}, after = {0};
    pthread_t other;
    assert_int_equal(pthread_create(&other, NULL, run_holder, &holder), 0);
    while (!atomic_load(&holder.begun))
        sleep_ms(1);
    bpb_pool_run(holder.pool, SIZE_MAX, call_roll, &roll);
    atomic_store(&holder.release, true);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_roll(&roll, 1, 1);
    bpb_pool_run(holder.pool, SIZE_MAX, call_roll, &after);
    assert_roll(&after, 2, 1);
    bpb_pool_destroy(holder.pool);
}

/* ---- Several callers at once: every task is done as a whole, by two or by one ---- */

struct caller {
    struct pool *pool;
    size_t tasks;
    size_t half[2]; /* by thread */
};

static void take_share(void *context, size_t thread, size_t threads)
{
    struct caller *caller = context;
    caller->half[thread] += 2 / threads;
}

static void *run_many(void *context)
{
    struct caller *caller = context;
    for (; caller->tasks < TOGETHER; caller->tasks++)
        bpb_pool_run(caller->pool, SIZE_MAX, take_share, caller);
    return NULL;
}

static void pool_run__of_several_callers_does_all_tasks(void **state)
{
    (void)state;
    struct pool *pool = make_pool(2);
    struct caller callers[3] = {{.pool = pool}, {.pool = pool}, {.pool = pool}};
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_many, &callers[i]), 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(callers[i].half[0] + callers[i].half[1], 2 * TOGETHER);
    bpb_pool_destroy(pool);
}

/* ---- Making and ending ---- */

static void pool_create__and_destroy_many_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < 100; i++) {
        struct pool *pool = make_pool(2 + i % 3);
        struct roll roll = {0};
        if (i % 2)
            bpb_pool_run(pool, SIZE_MAX, call_roll, &roll);
        if (i % 10 == 0)
            sleep_ms(1); /* they sleep when they are told to stop */
        bpb_pool_destroy(pool);
    }
    bpb_pool_destroy(NULL);
}

static double cpu_seconds(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void idle_pool__uses_no_processor(void **state)
{
    (void)state;
    struct pool *pool = make_pool(4);
    struct roll roll = {0};
    bpb_pool_run(pool, SIZE_MAX, call_roll, &roll);
    const double before = cpu_seconds();
    sleep_ms(200);
    assert_true(cpu_seconds() - before < 0.02);
    bpb_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pool_run__calls_every_thread_once),
        cmocka_unit_test(pool_run__without_a_pool_is_the_callers_alone),
        cmocka_unit_test(pool_run__wakes_those_that_sleep),
        cmocka_unit_test(pool_run__waits_for_slow_workers),
        cmocka_unit_test(pool_run__many_rounds_see_what_was_written),
        cmocka_unit_test(pool_run__within_a_task_is_the_callers_alone),
        cmocka_unit_test(pool_run__while_it_is_busy_is_the_callers_alone),
        cmocka_unit_test(pool_run__of_several_callers_does_all_tasks),
        cmocka_unit_test(pool_create__and_destroy_many_times),
        cmocka_unit_test(idle_pool__uses_no_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
