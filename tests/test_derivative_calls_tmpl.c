/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls of derivatives: their bits on any threads, by any plan, of any views. */
#include "calls_tmpl.h"

/* ---- The same bits ---- */

/* The results of all calls, by a plan of these options. */
struct bits {
    real *results[COUNT(calls)];
    double loss[COUNT(calls)];
};

static struct bits bits_with(struct all *all, const bpb_plan_options *options, size_t threads)
{
    struct bits bits = {0};
    plan_t *plan = NULL;
    work_t *work = NULL;
    assert_ok(BPB(plan_create)(&plan, all->net, options));
    assert_int_equal(BPB(plan_threads)(plan), threads);
    assert_ok(BPB(work_create)(&work, plan));
    all->given.work = work;
    for (size_t c = 0; c < COUNT(calls); c++)
        if (options->derivatives || !(calls[c].has & NEEDS_PLAN))
            bits.results[c] = results_of(all, c, &bits.loss[c]);
    BPB(work_destroy)(&work);
    BPB(plan_destroy)(&plan);
    return bits;
}

static void free_bits(struct bits *bits)
{
    for (size_t c = 0; c < COUNT(calls); c++)
        free(bits->results[c]);
}

static void assert_bits(const struct all *all, const struct bits *got, const struct bits *want)
{
    for (size_t c = 0; c < COUNT(calls); c++) {
        if (!got->results[c])
            continue;
        assert_same_bits(all->n_results, got->results[c], want->results[c]);
        assert_true(memcmp(&got->loss[c], &want->loss[c], sizeof(double)) == 0);
    }
}

/* Large enough for three threads; more outputs than inputs, and fewer; odd widths. */
static const size_t narrowing[] = {9, 151, 153, 7}, widening[] = {3, 149, 151, 5};
static const bpb_activation some[] = {BPB_TANH, BPB_SILU, BPB_SOFTMAX};
static const bpb_net_options large[] = {
    {.sizes = narrowing, .n_sizes = 4, .activations = some, .loss = BPB_CROSS_ENTROPY},
    {.sizes = widening, .n_sizes = 4, .hidden = BPB_GELU, .output = BPB_IDENTITY},
};
enum { COLUMNS = 301 };

static void check_threads(bpb_planning planning)
{
    for (size_t i = 0; i < COUNT(large); i++) {
        struct all all = make_all(&large[i], COLUMNS);
        bpb_plan_options options = {.batch = COLUMNS, .derivatives = 1, .planning = planning};
        struct bits want = bits_with(&all, &options, 1);
        for (options.threads = 2; options.threads <= 3; options.threads++) {
            struct bits got = bits_with(&all, &options, options.threads);
            assert_bits(&all, &got, &want);
            free_bits(&got);
        }
        free_bits(&want);
        free_all(&all);
    }
}

static void derivatives__have_the_same_bits_on_any_threads(void **state)
{
    (void)state;
    check_threads(BPB_PLAN_ESTIMATE);
}
static void derivatives__have_the_same_bits_on_any_threads_by_the_blas(void **state)
{
    (void)state;
    check_threads(BPB_PLAN_CBLAS);
}

static void derivatives__have_the_same_bits_with_any_plan(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(large); i++) {
        struct all all = make_all(&large[i], 37);
        struct bits want = bits_with(&all, &(bpb_plan_options){.batch = 37, .derivatives = 1}, 1);
        for (int flags = 0; flags < 8; flags++) {
            const bpb_plan_options options = {.batch = flags & 4 ? 64 : 37,
                                              .derivatives = flags & 1,
                                              .keep_Z = flags >> 1 & 1};
            struct bits got = bits_with(&all, &options, 1);
            assert_bits(&all, &got, &want);
            free_bits(&got);
        }
        free_bits(&want);
        free_all(&all);
    }
}

/* An objective of three batches: f, gradient, H v and G v at the net's theta, to be freed. */
static real *objective_bits(const struct all *all, size_t threads)
{
    const bpb_objective_options options = {.batch = 128, .threads = threads, .decay = 0.5};
    const real *theta = BPB(net_ctheta)(all->net);
    real *made = make_dirty(3 * all->P + 1);
    objective_t *o = NULL;
    double f = 0;
    assert_ok(BPB(objective_create)(&o, all->net, all->given.X, all->given.T, &options));
    assert_ok(BPB(objective_gradient)(o, theta, &f, made));
    assert_ok(BPB(objective_hvp)(o, theta, all->given.v, made + all->P));
    assert_ok(BPB(objective_gnvp)(o, theta, all->given.v, made + 2 * all->P));
    made[3 * all->P] = (real)f;
    BPB(objective_destroy)(&o);
    return made;
}

static void objectives__have_the_same_bits_on_any_threads(void **state)
{
    (void)state;
    struct all all = make_all(&large[0], COLUMNS);
    real *want = objective_bits(&all, 1);
    for (size_t threads = 2; threads <= 3; threads++) {
        real *got = objective_bits(&all, threads);
        assert_same_bits(3 * all.P + 1, got, want);
        free(got);
    }
    free(want);
    free_all(&all);
}

/* A result that is left out changes no other. */
static void derivatives__have_the_same_bits_without_a_loss(void **state)
{
    (void)state;
    struct all all = make_all(&large[1], 37);
    struct machine machine = plan_for(&all, all.B);
    all.given.work = machine.work;
    for (size_t c = 0; c < COUNT(calls); c++) {
        double loss;
        real *want = results_of(&all, c, &loss);
        spoil(&all);
        all.made.loss = NULL;
        assert_status(c, "no loss", calls[c].call(&all.given, &all.made), BPB_OK);
        assert_same_bits(all.n_results, all.results, want);
        free(want);
    }
    free_plan(&machine);
    free_all(&all);
}

/* ---- Any view ---- */

/* A row-major matrix with gaps, its columns and rows in reverse order, all by index lists. */
struct scattered {
    real *data;
    size_t *index, *row_index;
    size_t rows, cols;
};

static struct scattered scatter(size_t rows, size_t cols)
{
    struct scattered s = {make_dirty(3 * rows * cols), allocate(cols, sizeof(size_t)),
                          allocate(rows, sizeof(size_t)), rows, cols};
    for (size_t j = 0; j < cols; j++)
        s.index[j] = cols - 1 - j;
    for (size_t i = 0; i < rows; i++)
        s.row_index[i] = rows - 1 - i;
    return s;
}

static out_t view_of(const struct scattered *s)
{
    return (out_t){.data = s->data,
                   .rows = s->rows,
                   .cols = s->cols,
                   .ld = 3,
                   .row_stride = 3 * s->cols,
                   .index = s->index,
                   .row_index = s->row_index};
}

static real *entry(const struct scattered *s, size_t i, size_t j)
{
    return s->data + 3 * (s->row_index[i] * s->cols + s->index[j]);
}

static void free_scattered(struct scattered *s)
{
    free(s->data);
    free(s->index);
    free(s->row_index);
}

/* The given matrix, scattered. */
static struct scattered scatter_given(view_t *V)
{
    struct scattered s = scatter(V->rows, V->cols);
    for (size_t j = 0; j < V->cols; j++)
        for (size_t i = 0; i < V->rows; i++)
            *entry(&s, i, j) = V->data[j * V->rows + i];
    *V = BPB(view_of)(view_of(&s));
    return s;
}

static void assert_gathered(const struct scattered *s, const real *want)
{
    for (size_t j = 0; j < s->cols; j++)
        for (size_t i = 0; i < s->rows; i++)
            assert_same_bits(1, entry(s, i, j), want + j * s->rows + i);
}

enum { GIVEN = 6, MADE = 4 };

/* The same call with all of its matrices scattered. */
static void check_views(struct all *all, size_t c, const real *want, double loss)
{
    struct given in = all->given;
    struct made out = all->made;
    view_t *given[GIVEN] = {&in.X, &in.T.view, &in.U, &in.V, &in.D, &in.dT.view};
    out_t *made[MADE] = {&out.dX, &out.Y, &out.dY, &out.J};
    struct scattered of_given[GIVEN], of_made[MADE];
    double *weights = allocate(in.T.view.cols, sizeof *weights);
    for (size_t i = 0; i < GIVEN; i++)
        of_given[i] = scatter_given(given[i]);
    for (size_t j = 0; j < in.T.view.cols; j++) // they go by the index of T
        weights[in.T.view.index[j]] = in.T.weights[j];
    in.T.weights = weights;
    for (size_t i = 0; i < MADE; i++) {
        of_made[i] = scatter(made[i]->rows, made[i]->cols);
        *made[i] = view_of(&of_made[i]);
    }
    spoil(all);
    out.loss = &all->loss;
    assert_status(c, "with any view", calls[c].call(&in, &out), BPB_OK);
    assert_same_bits(all->P, out.gradient, want);
    assert_true(memcmp(&loss, &all->loss, sizeof loss) == 0);
    want += all->P;
    for (size_t i = 0; i < MADE; i++) {
        assert_gathered(&of_made[i], want);
        want += of_made[i].rows * of_made[i].cols;
        free_scattered(&of_made[i]);
    }
    for (size_t i = 0; i < GIVEN; i++)
        free_scattered(&of_given[i]);
    free(weights);
}

static void derivatives__take_any_view(void **state)
{
    static const size_t units[2][4] = {{5, 6, 7, 3}, {3, 6, 7, 5}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct all all = make_all(
            &(bpb_net_options){
                .sizes = units[i], .n_sizes = 4, .hidden = BPB_SOFTPLUS, .output = BPB_TANH},
            11);
        struct machine machine = plan_for(&all, all.B);
        all.given.work = machine.work;
        for (size_t c = 0; c < COUNT(calls); c++) {
            double loss;
            real *want = results_of(&all, c, &loss);
            check_views(&all, c, want, loss);
            free(want);
        }
        free_plan(&machine);
        free_all(&all);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives__have_the_same_bits_on_any_threads),
        cmocka_unit_test(derivatives__have_the_same_bits_on_any_threads_by_the_blas),
        cmocka_unit_test(derivatives__have_the_same_bits_with_any_plan),
        cmocka_unit_test(objectives__have_the_same_bits_on_any_threads),
        cmocka_unit_test(derivatives__have_the_same_bits_without_a_loss),
        cmocka_unit_test(derivatives__take_any_view),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
