/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a step does not do: once there is a work it allocates nothing, and on one thread it takes
 * no lock.
 *
 * To be linked with the static library and --wrap for each of the functions below, so that the
 * library's calls come here, and those of the libraries beneath it do not.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "outcome_tmpl.h"

static atomic_size_t allocations, locks; /* so far */

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *memory, size_t n);
void *__real_aligned_alloc(size_t alignment, size_t n);
int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *memory, size_t n);
void *__wrap_aligned_alloc(size_t alignment, size_t n);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);

void *__wrap_malloc(size_t n)
{
    atomic_fetch_add(&allocations, 1);
    return __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
    atomic_fetch_add(&allocations, 1);
    return __real_calloc(count, n);
}

void *__wrap_realloc(void *memory, size_t n)
{
    atomic_fetch_add(&allocations, 1);
    return __real_realloc(memory, n);
}

void *__wrap_aligned_alloc(size_t alignment, size_t n)
{
    atomic_fetch_add(&allocations, 1);
    return __real_aligned_alloc(alignment, n);
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    atomic_fetch_add(&locks, 1);
    return __real_pthread_mutex_lock(mutex);
}

/* ---- Steps ---- */

enum { N = 100 };

static const size_t small[] = {784, 30, 10}, medium[] = {784, 128, 10};
static const struct net_and_batch {
    bpb_net_options net;
    size_t B;
} nets[] = {
    {{.sizes = small, .n_sizes = 3}, 10},
    {{.sizes = medium,
      .n_sizes = 3,
      .hidden = BPB_RELU,
      .output = BPB_SOFTMAX,
      .loss = BPB_CROSS_ENTROPY},
     128},
};

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

static real gradient[785 * 128 + 129 * 10];

static void ignore_part(void *user, size_t l, real *part, size_t count)
{
    (void)user, (void)l, (void)part, (void)count;
}

/* Steps from columns that are used in place and ones that are gathered, and gradients by layer. */
static void make_steps(const struct subject *s, work_t *work, size_t B)
{
    static const size_t index[128] = {3, 1, 2};
    const bpb_sgd_rule rule = {.eta = 0.01};
    double loss;
    for (size_t i = 0; i < N; i++) {
        view_t X = X_of(s, 0, B);
        targets_t T = T_of(s, 0, B);
        X.index = T.view.index = i % 2 ? index : NULL;
        assert_ok(BPB(sgd_step)(s->net, work, X, T, &rule, i % 3 ? NULL : &loss));
        if (i % 10 == 0)
            assert_ok(
                BPB(gradient_by_layer)(s->net, work, X, T, gradient, &loss, ignore_part, NULL));
    }
}

struct counts {
    size_t threads, allocations, locks;
};

/* pause: the workers sleep when the first step comes. */
static struct counts count(const struct net_and_batch *net, bpb_plan_options options, bool pause)
{
    struct subject s = make_subject(&net->net, net->B);
    plan_t *plan = NULL;
    work_t *work = NULL;
    options.batch = net->B;
    assert_ok(BPB(plan_create)(&plan, s.net, &options));
    assert_ok(BPB(work_create)(&work, plan));
    if (pause)
        sleep_ms(5);
    const size_t allocations_before = atomic_load(&allocations), locks_before = atomic_load(&locks);
    make_steps(&s, work, net->B);
    const struct counts counts = {BPB(plan_threads)(plan),
                                  atomic_load(&allocations) - allocations_before,
                                  atomic_load(&locks) - locks_before};
    BPB(work_destroy)(&work);
    BPB(plan_destroy)(&plan);
    free_subject(&s);
    return counts;
}

static void sgd_step__on_one_thread_takes_no_memory_and_no_lock(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(nets); i++)
        for (int planning = BPB_PLAN_ESTIMATE; planning <= BPB_PLAN_CBLAS; planning++) {
            const struct counts counts =
                count(&nets[i], (bpb_plan_options){.planning = (bpb_planning)planning}, false);
            assert_int_equal(counts.threads, 1);
            assert_int_equal(counts.allocations, 0);
            assert_int_equal(counts.locks, 0);
        }
}

static void sgd_step__with_dropout_takes_no_memory_and_no_lock(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(nets); i++) {
        const struct counts counts = count(
            &nets[i], (bpb_plan_options){.dropout = 0.5, .dropout_inputs = 0.2}, false);
        assert_int_equal(counts.allocations, 0);
        assert_int_equal(counts.locks, 0);
    }
}

static void sgd_step__on_two_threads_takes_no_memory(void **state)
{
    (void)state;
    const struct counts counts = count(&nets[1], (bpb_plan_options){.threads = 2}, true);
    assert_int_equal(counts.threads, 2);
    assert_int_equal(counts.allocations, 0);
    assert_true(counts.locks > 0); /* to wake the other: they are counted */
}

static void plan_and_work__take_memory(void **state)
{
    (void)state;
    plan_t *plan = NULL;
    work_t *work = NULL;
    struct subject s = make_subject(&nets[0].net, nets[0].B);
    const size_t before = atomic_load(&allocations);
    assert_ok(BPB(plan_create)(&plan, s.net, NULL));
    assert_ok(BPB(work_create)(&work, plan));
    assert_int_equal(atomic_load(&allocations) - before, 2); /* they are counted */
    BPB(work_destroy)(&work);
    BPB(plan_destroy)(&plan);
    free_subject(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sgd_step__on_one_thread_takes_no_memory_and_no_lock),
        cmocka_unit_test(sgd_step__with_dropout_takes_no_memory_and_no_lock),
        cmocka_unit_test(sgd_step__on_two_threads_takes_no_memory),
        cmocka_unit_test(plan_and_work__take_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
