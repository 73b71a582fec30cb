/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads that train nets of their own, or share one net and plan: the bits of doing it alone,
 * and OpenBLAS's thread count is the caller's again afterwards. The nets are large enough for
 * OpenBLAS to split their products, if it were let.
 *
 * With --checksum: print a number made of all bits that are computed, and nothing else.
 */
#include <pthread.h>
#include <stdio.h>

#include "support_tmpl.h"

extern int openblas_get_num_threads(void) __attribute__((weak));
extern void openblas_set_num_threads(int threads) __attribute__((weak));

enum { N_IN = 784, N_HIDDEN = 512, N_OUT = 10, COLS = 400, BATCH = 200, ROUNDS = 3 };
enum { P = N_HIDDEN * N_IN + N_HIDDEN + N_OUT * N_HIDDEN + N_OUT };

static const size_t units[] = {N_IN, N_HIDDEN, N_OUT};
static real x_values[N_IN * COLS], t_values[N_OUT * COLS];

static void draw_data(void)
{
    struct rng rng = {1};
    fill_uniform(&rng, N_IN * COLS, -1, 1, x_values);
    fill_uniform(&rng, N_OUT * COLS, 0, 1, t_values);
}

static view_t X(void)
{
    return BPB(samples)(x_values, COLS, N_IN);
}
static view_t T(void)
{
    return BPB(samples)(t_values, COLS, N_OUT);
}

/* ---- Jobs: what a thread does ---- */

struct job {
    void (*run)(struct job *job);
    bpb_status status;
    /* a training: of which net */
    uint64_t seed;
    net_t *trained;
    bpb_train_report report;
    /* a prediction: which columns, by which net and plan */
    const net_t *net;
    const plan_t *plan;
    size_t first, cols;
    real *Y;
    unsigned char flags[COLS];
};

static void run_training(struct job *job)
{
    const bpb_net_options options = {.sizes = units, .n_sizes = 3, .seed = job->seed};
    const data_t data = {.train = {.X = X(), .T = BPB(values)(T())}};
    job->status = BPB(net_create)(&job->trained, &options);
    if (!job->status)
        job->status = BPB(train)(
            job->trained, &data,
            &(bpb_train_options){.eta = 0.5, .batch = BATCH, .epochs = 2, .seed = job->seed},
            &job->report);
}

static void run_prediction(struct job *job)
{
    work_t *work = NULL;
    const view_t part = BPB(samples)(x_values + job->first * N_IN, job->cols, N_IN);
    const out_t Y = BPB(samples_out)(job->Y + job->first * N_OUT, job->cols, N_OUT);
    job->status = BPB(work_create)(&work, job->plan);
    if (!job->status)
        job->status = BPB(predict_with)(job->net, work, part, Y, job->flags);
    BPB(work_destroy)(&work);
}

static struct job training(uint64_t seed)
{
    return (struct job){.run = run_training, .seed = seed};
}

/* Columns first .. first+cols-1, by the net and plan of m, into their place in Y. */
static struct job prediction(const struct machine *m, real *Y, size_t first, size_t cols)
{
    return (struct job){.run = run_prediction,
                        .net = m->net,
                        .plan = m->plan,
                        .first = first,
                        .cols = cols,
                        .Y = Y};
}

/* ---- Threads ---- */

static pthread_barrier_t start;

static void *run_at_start(void *job)
{
    pthread_barrier_wait(&start);
    ((struct job *)job)->run(job);
    return NULL;
}

/* Run the jobs at the same time, a thread each. */
static void run_together(struct job *jobs, size_t n)
{
    pthread_t threads[8];
    assert_true(n <= COUNT(threads));
    assert_int_equal(pthread_barrier_init(&start, NULL, (unsigned)n), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_at_start, &jobs[i]), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    pthread_barrier_destroy(&start);
    for (size_t i = 0; i < n; i++)
        assert_ok(jobs[i].status);
}

static void run_alone(struct job *job)
{
    job->run(job);
    assert_ok(job->status);
}

/* ---- What was computed alone ---- */

static struct job alone[2]; /* trainings of two nets */
static struct machine shared;
static real *Y_alone;

static void assert_trained_as(const struct job *job, const struct job *expected)
{
    assert_same_bits(P, BPB(net_ctheta)(job->trained), BPB(net_ctheta)(expected->trained));
    assert_memory_equal(&job->report.last.train.loss, &expected->report.last.train.loss,
                        sizeof(double));
}

/* ---- Tests ---- */

static void train__two_nets_at_the_same_time(void **state)
{
    (void)state;
    assert_memory_not_equal(BPB(net_ctheta)(alone[0].trained), BPB(net_ctheta)(alone[1].trained),
                            P * sizeof(real));
    for (int round = 0; round < ROUNDS; round++) {
        struct job jobs[] = {training(1), training(2)};
        run_together(jobs, COUNT(jobs));
        for (size_t i = 0; i < COUNT(jobs); i++) {
            assert_trained_as(&jobs[i], &alone[i]);
            BPB(net_destroy)(&jobs[i].trained);
        }
    }
}

static void predict__four_threads_share_net_and_plan(void **state)
{
    (void)state;
    real *Y = make_reals(N_OUT * COLS);
    for (int round = 0; round < ROUNDS; round++) {
        memset(Y, 0, N_OUT * COLS * sizeof *Y);
        struct job jobs[] = {prediction(&shared, Y, 0, 100), prediction(&shared, Y, 100, 1),
                             prediction(&shared, Y, 101, 199), prediction(&shared, Y, 300, 100)};
        run_together(jobs, COUNT(jobs));
        assert_same_bits(N_OUT * COLS, Y, Y_alone);
    }
    free(Y);
}

static void train_and_predict__at_the_same_time(void **state)
{
    (void)state;
    real *Y = make_reals(N_OUT * COLS);
    struct job jobs[] = {training(1), prediction(&shared, Y, 0, 150),
                         prediction(&shared, Y, 150, 250)};
    run_together(jobs, COUNT(jobs));
    assert_trained_as(&jobs[0], &alone[0]);
    assert_same_bits(N_OUT * COLS, Y, Y_alone);
    BPB(net_destroy)(&jobs[0].trained);
    free(Y);
}

/* The count that a call sees and leaves, and the bits that do not depend on it. */
static void with_blas_threads(int threads)
{
    openblas_set_num_threads(threads);
    if (openblas_get_num_threads() != threads)
        return; /* built without threads */
    struct job jobs[] = {training(1), training(2)};
    run_alone(&jobs[0]);
    assert_int_equal(openblas_get_num_threads(), threads);
    assert_trained_as(&jobs[0], &alone[0]);
    BPB(net_destroy)(&jobs[0].trained);
    run_together(jobs, COUNT(jobs));
    assert_int_equal(openblas_get_num_threads(), threads);
    for (size_t i = 0; i < COUNT(jobs); i++) {
        assert_trained_as(&jobs[i], &alone[i]);
        BPB(net_destroy)(&jobs[i].trained);
    }
}

static void blas_threads__are_the_callers_again(void **state)
{
    (void)state;
    if (!openblas_get_num_threads || !openblas_set_num_threads)
        skip();
    const int before = openblas_get_num_threads();
    with_blas_threads(1);
    with_blas_threads(2);
    openblas_set_num_threads(before);
}

/* ---- Checksum ---- */

/* FNV-1a of 64 bits. */
static void add(uint64_t *sum, const void *bytes, size_t n)
{
    for (const unsigned char *p = bytes; n > 0; n--, p++)
        *sum = (*sum ^ *p) * 0x100000001b3u;
}

static void add_gradient(uint64_t *sum)
{
    real *gradient = make_reals(P);
    double loss = 0;
    assert_ok(BPB(gradient)(shared.net, shared.work, X(), BPB(values)(T()), gradient, &loss));
    add(sum, gradient, P * sizeof *gradient);
    add(sum, &loss, sizeof loss);
    free(gradient);
}

static void print_checksum(void)
{
    uint64_t sum = 0xcbf29ce484222325u;
    for (size_t i = 0; i < COUNT(alone); i++)
        add(&sum, BPB(net_ctheta)(alone[i].trained), P * sizeof(real));
    add(&sum, Y_alone, N_OUT * COLS * sizeof(real));
    add_gradient(&sum);
    printf("%016llx\n", (unsigned long long)sum);
}

/* ---- Set up ---- */

static int set_up(void **state)
{
    (void)state;
    const bpb_net_options options = {
        .sizes = units, .n_sizes = 3, .output = BPB_SOFTMAX, .seed = 3};
    draw_data();
    shared = make_machine(&options, &(bpb_plan_options){.batch = COLS});
    Y_alone = make_reals(N_OUT * COLS);
    struct job predicted = prediction(&shared, Y_alone, 0, COLS);
    run_alone(&predicted);
    for (size_t i = 0; i < COUNT(alone); i++) {
        alone[i] = training(i + 1);
        run_alone(&alone[i]);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(alone); i++)
        BPB(net_destroy)(&alone[i].trained);
    free_machine(&shared);
    free(Y_alone);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(train__two_nets_at_the_same_time),
        cmocka_unit_test(predict__four_threads_share_net_and_plan),
        cmocka_unit_test(train_and_predict__at_the_same_time),
        cmocka_unit_test(blas_threads__are_the_callers_again),
    };
    if (argc == 1)
        return cmocka_run_group_tests(tests, set_up, tear_down);
    if (argc != 2 || strcmp(argv[1], "--checksum") != 0)
        return 2;
    set_up(NULL);
    print_checksum();
    return tear_down(NULL);
}
