/* SPDX-License-Identifier: BSD-3-Clause */
/* All that the passes of one net compute by a plan, to be compared with another plan's. */
#ifndef OUTCOME_TMPL_H
#define OUTCOME_TMPL_H

#include <stdio.h>

#include "support_tmpl.h"

/* A net and columns for it, each with a target that is 1 in one row. */
struct subject {
    net_t *net;
    size_t n_in, n_out, P, cols, terms;
    real *theta, *X, *T; /* theta: as it was drawn */
};

static inline struct subject make_subject(const bpb_net_options *options, size_t cols)
{
    struct subject s = {.cols = cols};
    struct rng rng = {cols};
    assert_ok(BPB(net_create)(&s.net, options));
    s.n_in = options->sizes[0];
    s.n_out = options->sizes[options->n_sizes - 1];
    s.P = BPB(net_parameters)(s.net);
    for (size_t l = 0; l < options->n_sizes; l++)
        s.terms += options->sizes[l];
    s.theta = make_reals(s.P);
    s.X = make_reals(s.n_in * cols);
    s.T = make_reals(s.n_out * cols);
    memcpy(s.theta, BPB(net_ctheta)(s.net), s.P * sizeof(real));
    fill_uniform(&rng, s.n_in * cols, -1, 1, s.X);
    for (size_t j = 0; j < cols; j++)
        s.T[j * s.n_out + rng_between(&rng, 0, s.n_out - 1)] = 1;
    return s;
}

static inline void free_subject(struct subject *s)
{
    BPB(net_destroy)(&s->net);
    free(s->theta);
    free(s->X);
    free(s->T);
}

/* Columns first .. first+cols-1. */
static inline view_t X_of(const struct subject *s, size_t first, size_t cols)
{
    return BPB(samples)(s->X + first * s->n_in, cols, s->n_in);
}
static inline targets_t T_of(const struct subject *s, size_t first, size_t cols)
{
    return BPB(classes)(BPB(samples)(s->T + first * s->n_out, cols, s->n_out));
}

enum { STEPS = 3, NUMBERS = STEPS + 3 };

struct outcome {
    size_t B;
    real *Y, *predicted, *gradient, *theta; /* of B columns; of all; after the steps */
    double number[NUMBERS];                 /* losses, of each pass that has one */
    bpb_score score;
};

static inline void run_steps(const struct subject *s, work_t *work, struct outcome *o)
{
    const bpb_sgd_rule rule = {.eta = 0.7, .decay = 0.01, .decay_biases = 1};
    for (size_t i = 0; i < STEPS; i++)
        assert_ok(BPB(sgd_step)(s->net, work, X_of(s, i, o->B - i), T_of(s, i, o->B - i), &rule,
                                i == 1 ? NULL : &o->number[i]));
    memcpy(o->theta, BPB(net_ctheta)(s->net), s->P * sizeof(real));
    memcpy(BPB(net_theta)(s->net), s->theta, s->P * sizeof(real));
}

/* Batches of the first B > STEPS columns; predict and evaluate all of them. */
static inline struct outcome outcome_of(const struct subject *s, const plan_t *plan, size_t B)
{
    struct outcome o = {.B = B, .Y = make_reals(s->n_out * B),
                        .predicted = make_reals(s->n_out * s->cols),
                        .gradient = make_reals(s->P), .theta = make_reals(s->P)};
    const view_t X = X_of(s, 0, B);
    const targets_t T = T_of(s, 0, B);
    work_t *work = NULL;
    assert_ok(BPB(work_create)(&work, plan));
    assert_ok(BPB(forward)(s->net, work, X, BPB(samples_out)(o.Y, B, s->n_out)));
    assert_ok(BPB(loss)(s->net, work, X, T, &o.number[STEPS]));
    assert_ok(BPB(gradient)(s->net, work, X, T, o.gradient, &o.number[STEPS + 1]));
    run_steps(s, work, &o);
    assert_ok(BPB(predict_with)(s->net, work, X_of(s, 0, s->cols),
                                BPB(samples_out)(o.predicted, s->cols, s->n_out), NULL));
    assert_ok(BPB(evaluate_with)(s->net, work, X_of(s, 0, s->cols), T_of(s, 0, s->cols), &o.score));
    o.number[STEPS + 2] = o.score.loss;
    BPB(work_destroy)(&work);
    return o;
}

static inline struct outcome outcome_with(const struct subject *s, const bpb_plan_options *options,
                                          size_t B)
{
    plan_t *plan = NULL;
    assert_ok(BPB(plan_create)(&plan, s->net, options));
    struct outcome o = outcome_of(s, plan, B);
    BPB(plan_destroy)(&plan);
    return o;
}

static inline void free_outcome(struct outcome *o)
{
    free(o->Y);
    free(o->predicted);
    free(o->gradient);
    free(o->theta);
}

static inline void assert_same_outcome(const struct subject *s, const struct outcome *got,
                                       const struct outcome *want)
{
    assert_same_bits(s->n_out * want->B, got->Y, want->Y);
    assert_same_bits(s->P, got->gradient, want->gradient);
    assert_same_bits(s->P, got->theta, want->theta);
    assert_same_bits(s->n_out * s->cols, got->predicted, want->predicted);
    assert_memory_equal(got->number, want->number, sizeof want->number);
    assert_int_equal(got->score.correct, want->score.correct);
}

/* Two computations of the same in different orders: the norm of each matrix is the scale. */
static inline void assert_matrix_close(const char *what, size_t n, const real *got,
                                       const real *want, long double tolerance)
{
    long double *wide = widen(n, want);
    assert_reals_close(what, n, got, wide, largest(n, wide), tolerance);
    free(wide);
}

static inline void assert_thetas_close(const struct subject *s, const char *what, real *got,
                                       real *want, long double tolerance)
{
    for (size_t l = 1; l <= BPB(net_layers)(s->net); l++) {
        const out_t W = BPB(net_W)(s->net, want, l), b = BPB(net_b)(s->net, want, l);
        assert_matrix_close(what, W.rows * W.cols, BPB(net_W)(s->net, got, l).data, W.data,
                            tolerance);
        assert_matrix_close(what, b.rows, BPB(net_b)(s->net, got, l).data, b.data, tolerance);
    }
}

static inline void assert_close_outcome(const struct subject *s, const char *what,
                                        const struct outcome *got, const struct outcome *want)
{
    const long double tolerance = 2 * TOLERANCE(s->terms + want->B);
    assert_matrix_close(what, s->n_out * want->B, got->Y, want->Y, tolerance);
    assert_matrix_close(what, s->n_out * s->cols, got->predicted, want->predicted, tolerance);
    assert_thetas_close(s, what, got->gradient, want->gradient, tolerance);
    assert_thetas_close(s, what, got->theta, want->theta, tolerance);
    for (size_t i = 0; i < NUMBERS; i++)
        if (i != 1)
            assert_number_close(what, (long double)got->number[i], (long double)want->number[i],
                                (long double)want->number[i], tolerance);
}

/* ---- What a plan says of itself ---- */

/* Its wisdom, to be freed. */
static inline char *wisdom_of(const plan_t *plan)
{
    size_t bytes = 0;
    assert_ok(BPB(plan_wisdom)(plan, NULL, 0, &bytes));
    char *text = allocate(bytes, 1);
    assert_ok(BPB(plan_wisdom)(plan, text, bytes, &bytes));
    assert_int_equal(strlen(text) + 1, bytes);
    return text;
}

static inline bool next_entry(const plan_t *plan, size_t i, bpb_plan_choice *entry)
{
    const bpb_status status = BPB(plan_entry)(plan, i, entry);
    assert_true(status == BPB_OK || status == BPB_ERR_SIZE);
    return status == BPB_OK;
}

#define WISDOM_TITLE "bpblas wisdom 1\n"
#define PRECISION BPB_SELECT("d", "s")

/* text = a wisdom that names this kernel for the product of that name of every layer. */
static inline void force_kernel(const plan_t *plan, const char *product, const char *kernel,
                                char *text, size_t capacity)
{
    bpb_plan_choice entry;
    size_t length = (size_t)snprintf(text, capacity, WISDOM_TITLE), last = 0;
    for (size_t i = 0; next_entry(plan, i, &entry); i++)
        if (strcmp(entry.product, product) == 0 && entry.layer != last) {
            last = entry.layer;
            length += (size_t)snprintf(text + length, capacity - length, "%s %s %zu %zu %zu %s\n",
                                       PRECISION, product, entry.m, entry.n, entry.k, kernel);
        }
    assert_true(length < capacity);
}

/* Whether the plan lists a kernel for a product (NULL: for any). */
static inline bool plan_lists(const plan_t *plan, const char *product, const char *kernel)
{
    bpb_plan_choice entry;
    for (size_t i = 0; next_entry(plan, i, &entry); i++)
        if ((!product || strcmp(entry.product, product) == 0) &&
            strcmp(entry.kernel, kernel) == 0)
            return true;
    return false;
}

#endif
