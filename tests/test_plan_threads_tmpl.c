/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plans with threads: the bits of one thread, whatever the shape, the kernels, who else uses the
 * plan, the caller's floating-point environment, and on either side of a fork.
 */
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined __SSE2__
#include <xmmintrin.h>
#endif

#include "outcome_tmpl.h"
#include "own_tmpl.h"

#if defined __SANITIZE_THREAD__
#define THREAD_SANITIZER 1
#elif defined __has_feature
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZER 1
#endif
#endif
#ifndef THREAD_SANITIZER
#define THREAD_SANITIZER 0
#endif

extern int openblas_get_num_threads(void) __attribute__((weak));

enum { MOST = 4, TEXT = 4096 };

/* Layers whose columns of W a thread gets few of, and many; odd sizes; each large enough. */
static const size_t deep[] = {201, 153, 67, 10}, narrow_in[] = {50, 700, 10};
static const size_t narrow_middle[] = {1001, 43, 10}, many_columns[] = {20, 31, 5};
static const size_t wide[] = {71, 203, 230, 190};
static const struct net_and_batch {
    bpb_net_options net;
    size_t threads, batch, B, cols; /* as many threads as it is good for; B <= batch */
} nets[] = {
    {{.sizes = deep,
      .n_sizes = 4,
      .hidden = BPB_TANH,
      .output = BPB_SOFTMAX,
      .loss = BPB_CROSS_ENTROPY},
     4,
     64,
     37,
     131},
    {{.sizes = deep, .n_sizes = 4}, 4, 131, 131, 131},
    {{.sizes = narrow_in, .n_sizes = 3, .hidden = BPB_RELU}, 4, 67, 67, 70},
    {{.sizes = narrow_middle, .n_sizes = 3, .output = BPB_IDENTITY}, 4, 65, 65, 100},
    {{.sizes = many_columns, .n_sizes = 3, .hidden = BPB_TANH}, 3, 2600, 2600, 3001},
    {{.sizes = wide,
      .n_sizes = 4,
      .hidden = BPB_RELU,
      .output = BPB_SOFTMAX,
      .loss = BPB_CROSS_ENTROPY},
     4,
     33,
     31,
     90},
    {{.sizes = wide, .n_sizes = 4, .hidden = BPB_SOFTMAX}, 4, 33, 33, 90},
};

static struct subject make(const struct net_and_batch *net)
{
    return make_subject(&net->net, net->cols);
}

static plan_t *make_plan(const struct subject *s, const bpb_plan_options *options)
{
    plan_t *plan = NULL;
    assert_ok(BPB(plan_create)(&plan, s->net, options));
    return plan;
}

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* ---- The bits of one thread ---- */

static void check_threads(const struct subject *s, bpb_plan_options options, size_t most, size_t B)
{
    struct outcome want = outcome_with(s, &options, B);
    for (size_t threads = 2; threads <= most; threads++) {
        options.threads = threads;
        plan_t *plan = make_plan(s, &options);
        assert_int_equal(BPB(plan_threads)(plan), threads);
        struct outcome got = outcome_of(s, plan, B);
        assert_same_outcome(s, &got, &want);
        free_outcome(&got);
        BPB(plan_destroy)(&plan);
    }
    free_outcome(&want);
}

static void check_planning(bpb_planning planning, int unpadded)
{
    for (size_t i = 0; i < COUNT(nets); i++) {
        struct subject s = make(&nets[i]);
        const bpb_plan_options options = {
            .batch = nets[i].batch, .planning = planning, .unpadded = unpadded};
        check_threads(&s, options, nets[i].threads, nets[i].B);
        free_subject(&s);
    }
}

static void threads__give_the_bits_of_one_by_the_estimate(void **state)
{
    (void)state;
    check_planning(BPB_PLAN_ESTIMATE, 0);
    check_planning(BPB_PLAN_ESTIMATE, 1);
}
static void threads__give_the_bits_of_one_by_the_blas(void **state)
{
    (void)state;
    check_planning(BPB_PLAN_CBLAS, 0);
}
static void threads__give_the_bits_of_one_by_the_blas_unpadded(void **state)
{
    (void)state;
    check_planning(BPB_PLAN_CBLAS, 1);
}

/* Kernels of all kinds in one plan: planning for all products, but one kernel for some. */
static void check_mixed(const struct net_and_batch *net, bpb_planning planning,
                        const char *const *wanted, size_t count, const char *kernel)
{
    struct subject s = make(net);
    bpb_plan_options options = {.batch = net->batch, .planning = planning};
    plan_t *plan = make_plan(&s, &options);
    char text[TEXT] = WISDOM_TITLE;
    for (size_t i = 0; i < count && plan_lists(plan, wanted[i], kernel); i++)
        force_kernel(plan, wanted[i], kernel, text + strlen(text), sizeof text - strlen(text));
    BPB(plan_destroy)(&plan);
    options.wisdom = text;
    check_threads(&s, options, net->threads, net->B);
    free_subject(&s);
}

static void threads__give_the_bits_of_one_by_mixed_kernels(void **state)
{
    (void)state;
    static const char *const products[] = {"forward", "delta", "gradient"};
    static const char *const own[] = {"tiles", "packed"}, *const blas = "cblas-transposed";
    for (size_t i = 0; i < COUNT(nets); i += 2) {
        check_mixed(&nets[i], BPB_PLAN_CBLAS, products, 2, own[i / 2 % 2]);
        check_mixed(&nets[i], BPB_PLAN_CBLAS, products + 2, 1, own[i / 2 % 2]);
        check_mixed(&nets[i], BPB_PLAN_ESTIMATE, products, 1, blas);
        check_mixed(&nets[i], BPB_PLAN_ESTIMATE, products + 2, 1, blas);
    }
}

static void threads__give_the_bits_of_one_with_scaling(void **state)
{
    (void)state;
    struct subject s = make(&nets[0]);
    double *shift = allocate(s.n_in, sizeof *shift), *factor = allocate(s.n_in, sizeof *factor);
    for (size_t i = 0; i < s.n_in; i++) {
        shift[i] = sin((double)i);
        factor[i] = 1.25 + 0.75 * cos((double)i);
    }
    assert_ok(BPB(net_set_scaling)(s.net, BPB_INPUTS, shift, factor));
    assert_ok(BPB(net_set_scaling)(s.net, BPB_OUTPUTS, shift, factor));
    check_threads(&s, (bpb_plan_options){.batch = 64}, 4, 50);
    check_threads(&s, (bpb_plan_options){.planning = BPB_PLAN_CBLAS}, 4, 50);
    free(shift);
    free(factor);
    free_subject(&s);
}

static void threads__give_the_bits_of_one_with_own_functions(void **state)
{
    (void)state;
    const activation_function_t by_entry = {.name = "g", BY_ENTRY(own_silu)},
                                whole = {.name = "h", .of_A = 1, BY_MATRIX(own_tanh)};
    const loss_function_t classes = {.name = "e", .of_Z = 1, LOSS_BY_MATRIX(own_classes)};
    struct subject s = make(&nets[0]);
    assert_ok(BPB(net_set_activation)(s.net, 1, &by_entry));
    assert_ok(BPB(net_set_activation)(s.net, 2, &whole));
    assert_ok(BPB(net_set_loss)(s.net, &classes));
    check_threads(&s, (bpb_plan_options){.batch = 64}, 4, 50);
    check_threads(&s, (bpb_plan_options){.planning = BPB_PLAN_CBLAS}, 4, 50);
    free_subject(&s);
}

static void plan_threads__is_one_where_more_would_not_pay(void **state)
{
    (void)state;
    static const size_t units[] = {12, 9, 4};
    struct subject s = make_subject(&(bpb_net_options){.sizes = units, .n_sizes = 3}, 10);
    plan_t *plan = make_plan(&s, &(bpb_plan_options){.batch = 10, .threads = 4});
    assert_int_equal(BPB(plan_threads)(plan), 1);
    assert_int_equal(BPB(plan_threads)(NULL), 0);
    BPB(plan_destroy)(&plan);
    free_subject(&s);
    s = make(&nets[0]);
    plan = make_plan(&s, NULL);
    assert_int_equal(BPB(plan_threads)(plan), 1);
    BPB(plan_destroy)(&plan);
    free_subject(&s);
}

/* ---- Any number of columns ---- */

/* Nets whose columns pay for two threads: from 63 on; and only very many. */
static const size_t heavy[] = {401, 203, 7}, light[] = {20, 31, 5};

/* Outputs, flags and score of all columns. */
struct predicted {
    real *Y;
    unsigned char *flags;
    bpb_score score;
};

/* Three ways to ask for threads: of a call, which has no flags, of a work, of a plan. */
enum way { BY_CALL, BY_WORK, BY_PLAN, WAYS };

static struct predicted predict_by(const struct subject *s, enum way way, bpb_plan_options options,
                                   bpb_status status)
{
    const view_t X = X_of(s, 0, s->cols);
    const targets_t T = T_of(s, 0, s->cols);
    struct predicted p = {.Y = make_reals(s->n_out * s->cols), .flags = allocate(s->cols, 1)};
    const out_t Y = BPB(samples_out)(p.Y, s->cols, s->n_out);
    plan_t *plan = NULL;
    work_t *work = NULL;
    memset(p.flags, 7, s->cols);
    if (way == BY_CALL) {
        assert_int_equal(BPB(predict)(s->net, X, Y, &options), status);
        assert_int_equal(BPB(evaluate)(s->net, X, T, &p.score, &options), status);
        return p;
    }
    if (way == BY_WORK)
        assert_ok(BPB(work_create_for)(&work, s->net, &options));
    else {
        plan = make_plan(s, &options);
        assert_ok(BPB(work_create)(&work, plan));
    }
    assert_int_equal(BPB(predict_with)(s->net, work, X, Y, p.flags), status);
    assert_int_equal(BPB(evaluate_with)(s->net, work, X, T, &p.score), status);
    BPB(work_destroy)(&work);
    BPB(plan_destroy)(&plan);
    return p;
}

static void free_predicted(struct predicted *p)
{
    free(p->Y);
    free(p->flags);
}

static void check_predicted(const struct subject *s, bpb_plan_options options, bpb_status status)
{
    struct predicted want = predict_by(s, BY_WORK, options, status);
    for (options.threads = 2; options.threads <= 3; options.threads++)
        for (enum way way = options.threads == 2 ? BY_CALL : BY_PLAN; way < WAYS; way++) {
            struct predicted got = predict_by(s, way, options, status);
            if (memcmp(got.Y, want.Y, s->n_out * s->cols * sizeof *got.Y) != 0)
                assert_same_bits(s->n_out * s->cols, got.Y, want.Y);
            if (way != BY_CALL)
                assert_memory_equal(got.flags, want.flags, s->cols);
            assert_memory_equal(&got.score.loss, &want.score.loss, sizeof(double));
            assert_int_equal(got.score.correct, want.score.correct);
            assert_int_equal(got.score.judged, want.score.judged);
            assert_int_equal(got.score.nonfinite, want.score.nonfinite);
            free_predicted(&got);
        }
    for (size_t j = 0; j < s->cols; j++) {
        const bool spoilt = status && (j % 61 == 60 || j + 1 == s->cols);
        assert_int_equal(want.flags[j], spoilt);
    }
    free_predicted(&want);
}

/* First all finite, then not some columns and the last. */
static void check_columns(const size_t *sizes, size_t cols, const bpb_plan_options *options)
{
    struct subject s = make_subject(&(bpb_net_options){.sizes = sizes,
                                                       .n_sizes = 3,
                                                       .hidden = BPB_TANH,
                                                       .output = BPB_SOFTMAX,
                                                       .loss = BPB_CROSS_ENTROPY},
                                    cols);
    check_predicted(&s, *options, BPB_OK);
    for (size_t j = 0; j < cols; j++)
        if (j % 61 == 60 || j + 1 == cols)
            s.X[j * s.n_in + j % s.n_in] = (real)NAN;
    check_predicted(&s, *options, BPB_NONFINITE);
    free_subject(&s);
}

static void predict__of_any_number_of_columns_gives_the_bits_of_one_thread(void **state)
{
    (void)state;
    static const size_t cols[] = {1, 63, 64, 65};
    static const bpb_plan_options options[] = {{0},
                                               {.batch = 7},
                                               {.planning = BPB_PLAN_CBLAS},
                                               {.unpadded = 1},
                                               {.unpadded = 1, .planning = BPB_PLAN_CBLAS}};
    for (size_t i = 0; i < COUNT(cols); i++)
        for (size_t k = 0; k < COUNT(options); k++)
            check_columns(heavy, cols[i], &options[k]);
    check_columns(heavy, 1000, &options[0]);
    check_columns(light, 100000, &options[0]);
}

/* ---- Train ---- */

static void train_with(const struct subject *s, bpb_planning planning, size_t threads,
                       real *theta, double *losses)
{
    const data_t data = {.train = {.X = X_of(s, 0, s->cols), .T = T_of(s, 0, s->cols)}};
    const bpb_train_options options = {.eta = 0.3, .lambda = 0.1, .batch = 61, .epochs = 2,
                                       .threads = threads, .planning = planning};
    bpb_train_report report;
    assert_ok(BPB(train)(s->net, &data, &options, &report));
    losses[0] = report.last.train.loss;
    losses[1] = report.last.train.accuracy;
    memcpy(theta, BPB(net_ctheta)(s->net), s->P * sizeof *theta);
    memcpy(BPB(net_theta)(s->net), s->theta, s->P * sizeof *theta);
}

static void check_training(const struct subject *s, bpb_planning planning)
{
    real *want = make_reals(s->P), *got = make_reals(s->P);
    double loss[2], again[2];
    train_with(s, planning, 1, want, loss);
    for (size_t threads = 2; threads <= MOST; threads++) {
        train_with(s, planning, threads, got, again);
        assert_same_bits(s->P, got, want);
        assert_memory_equal(again, loss, sizeof loss);
    }
    free(want);
    free(got);
}

static void train__gives_the_bits_of_one_thread(void **state)
{
    (void)state;
    struct subject s = make(&nets[0]);
    check_training(&s, BPB_PLAN_ESTIMATE);
    check_training(&s, BPB_PLAN_CBLAS);
    free_subject(&s);
}

/* ---- A pool that others use too ---- */

struct job {
    struct subject s;
    const plan_t *plan;
    struct outcome outcome;
};

static pthread_barrier_t start;

static void *run_job(void *argument)
{
    struct job *job = argument;
    pthread_barrier_wait(&start);
    job->outcome = outcome_of(&job->s, job->plan, nets[0].B);
    return NULL;
}

/* Nets of their own, one plan. */
static void run_together(struct job *jobs, size_t n)
{
    pthread_t threads[MOST];
    assert_int_equal(pthread_barrier_init(&start, NULL, (unsigned)n), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_job, &jobs[i]), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    pthread_barrier_destroy(&start);
}

static void check_together(bpb_planning planning)
{
    struct subject s = make(&nets[0]);
    bpb_plan_options options = {.batch = nets[0].batch, .planning = planning};
    struct outcome want = outcome_with(&s, &options, nets[0].B);
    options.threads = 2;
    plan_t *plan = make_plan(&s, &options);
    struct job jobs[3];
    for (size_t i = 0; i < COUNT(jobs); i++)
        jobs[i] = (struct job){.s = make(&nets[0]), .plan = plan};
    for (int round = 0; round < 5; round++) {
        run_together(jobs, COUNT(jobs));
        for (size_t i = 0; i < COUNT(jobs); i++) {
            assert_same_outcome(&s, &jobs[i].outcome, &want);
            free_outcome(&jobs[i].outcome);
        }
    }
    for (size_t i = 0; i < COUNT(jobs); i++)
        free_subject(&jobs[i].s);
    BPB(plan_destroy)(&plan);
    free_outcome(&want);
    free_subject(&s);
}

static void works__of_one_plan_at_the_same_time(void **state)
{
    (void)state;
    check_together(BPB_PLAN_ESTIMATE);
    check_together(BPB_PLAN_CBLAS);
}

static void plan__made_and_destroyed_many_times(void **state)
{
    (void)state;
    struct subject s = make(&nets[0]);
    struct outcome want = outcome_with(&s, NULL, nets[0].B);
    for (size_t i = 0; i < 60; i++) {
        plan_t *plan = make_plan(&s, &(bpb_plan_options){.threads = 2 + i % 3});
        if (i % 20 == 0) {
            struct outcome got = outcome_of(&s, plan, nets[0].B);
            assert_same_outcome(&s, &got, &want);
            free_outcome(&got);
        }
        if (i % 15 == 0)
            sleep_ms(2);
        BPB(plan_destroy)(&plan);
        assert_null(plan);
    }
    free_outcome(&want);
    free_subject(&s);
}

/* ---- The caller's floating-point environment ---- */

/* Of this thread; a new thread has that of its maker. Only where a test can tell. */
static void trap_everything(void)
{
#if defined __SSE2__
    _mm_setcsr(_mm_getcsr() & ~0x1fbfu); /* and no flags that are set already */
#endif
}

static void check_environment(bool traps)
{
    struct subject s = make(&nets[1]);
    bpb_plan_options options = {.batch = nets[1].batch};
    struct outcome want = outcome_with(&s, &options, nets[1].B);
    fenv_t before;
    options.threads = 2;
    assert_int_equal(fegetenv(&before), 0);
    if (traps)
        trap_everything();
    else
        assert_int_equal(fesetround(FE_UPWARD), 0);
    struct outcome got = outcome_with(&s, &options, nets[1].B);
    assert_int_equal(fesetenv(&before), 0);
    assert_same_outcome(&s, &got, &want);
    free_outcome(&got);
    free_outcome(&want);
    free_subject(&s);
}

static void rounding__of_the_caller_does_not_matter(void **state)
{
    (void)state;
    check_environment(false);
}
static void traps__of_the_caller_do_not_matter(void **state)
{
    (void)state;
    check_environment(true);
}

/* ---- Signals ---- */

static volatile sig_atomic_t taken;

static void take(int signal_number)
{
    taken = signal_number;
}

/* While the one thread of the program blocks it, nobody else is there to take it. */
static void signals__are_not_for_the_workers(void **state)
{
    (void)state;
    if (THREAD_SANITIZER || (openblas_get_num_threads && openblas_get_num_threads() > 1))
        skip(); /* these have threads of their own */
    struct subject s = make(&nets[0]);
    plan_t *plan = make_plan(&s, &(bpb_plan_options){.threads = 3});
    struct sigaction action = {.sa_handler = take}, old;
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &blocked, &before), 0);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    sleep_ms(5);
    assert_int_equal(taken, 0);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    assert_int_equal(taken, SIGUSR1);
    assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
    BPB(plan_destroy)(&plan);
    free_subject(&s);
}

/* ---- Fork ---- */

/* In the child: the parent's plan, then one of its own. An assertion that fails ends up in the
 * exit status too. */
static void run_child(const struct subject *s, plan_t *plan, const bpb_plan_options *options,
                      const struct outcome *want)
{
    alarm(60);
    struct outcome got = outcome_of(s, plan, want->B);
    assert_same_outcome(s, &got, want);
    BPB(plan_destroy)(&plan);
    struct outcome own = outcome_with(s, options, want->B);
    assert_same_outcome(s, &own, want);
    _exit(0);
}

static void fork_and_check(const struct subject *s, plan_t *plan, const bpb_plan_options *options,
                           const struct outcome *want)
{
    int status;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        run_child(s, plan, options, want);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void check_fork(bpb_planning planning)
{
    struct subject s = make(&nets[0]);
    bpb_plan_options options = {.threads = 3, .planning = planning};
    plan_t *plan = make_plan(&s, &options);
    struct outcome want = outcome_of(&s, plan, nets[0].B);
    for (int round = 0; round < 4; round++) {
        fork_and_check(&s, plan, &options, &want);
        struct outcome after = outcome_of(&s, plan, nets[0].B); /* the parent's threads are there */
        assert_same_outcome(&s, &after, &want);
        free_outcome(&after);
        if (round % 2)
            sleep_ms(2); /* and sleep */
    }
    BPB(plan_destroy)(&plan);
    free_outcome(&want);
    free_subject(&s);
}

static void fork__gives_a_child_that_can_use_the_plan(void **state)
{
    (void)state;
    if (THREAD_SANITIZER)
        skip(); /* it cannot follow a child that starts threads */
    check_fork(BPB_PLAN_ESTIMATE);
    check_fork(BPB_PLAN_CBLAS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads__give_the_bits_of_one_by_the_estimate),
        cmocka_unit_test(threads__give_the_bits_of_one_by_the_blas),
        cmocka_unit_test(threads__give_the_bits_of_one_by_the_blas_unpadded),
        cmocka_unit_test(threads__give_the_bits_of_one_by_mixed_kernels),
        cmocka_unit_test(threads__give_the_bits_of_one_with_scaling),
        cmocka_unit_test(threads__give_the_bits_of_one_with_own_functions),
        cmocka_unit_test(plan_threads__is_one_where_more_would_not_pay),
        cmocka_unit_test(predict__of_any_number_of_columns_gives_the_bits_of_one_thread),
        cmocka_unit_test(train__gives_the_bits_of_one_thread),
        cmocka_unit_test(works__of_one_plan_at_the_same_time),
        cmocka_unit_test(plan__made_and_destroyed_many_times),
        cmocka_unit_test(rounding__of_the_caller_does_not_matter),
        cmocka_unit_test(traps__of_the_caller_do_not_matter),
        cmocka_unit_test(signals__are_not_for_the_workers),
        cmocka_unit_test(fork__gives_a_child_that_can_use_the_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
