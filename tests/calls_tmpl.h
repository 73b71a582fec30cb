/* SPDX-License-Identifier: BSD-3-Clause */
/* All calls of derivatives of a batch in one form, with what they are given and what they make. */
#ifndef CALLS_TMPL_H
#define CALLS_TMPL_H

#include "examples_tmpl.h"
#include "support_tmpl.h"

/* Memory as it may come: of an output nothing may be read. */
static inline real *make_dirty(size_t n)
{
    real *x = make_reals(n);
    for (size_t i = 0; i < n; i++)
        x[i] = (real)NAN;
    return x;
}

/* ---- Every call of one batch ---- */

/* What the calls are given. */
struct given {
    const net_t *net;
    work_t *work;
    view_t X, U, V, D;
    targets_t T, dT;
    const real *v;
    double strength;
};

/* What they make; a view, or its data, may be left out. */
struct made {
    real *gradient;
    out_t dX, Y, dY, J;
    double *loss;
};

typedef bpb_status a_call(const struct given *in, const struct made *out);

static inline bpb_status call_gradient(const struct given *in, const struct made *out)
{
    return BPB(gradient)(in->net, in->work, in->X, in->T, out->gradient, out->loss);
}
static inline bpb_status call_gradient_x(const struct given *in, const struct made *out)
{
    return BPB(gradient_x)(in->net, in->work, in->X, in->T, out->gradient, out->dX, out->loss);
}
static inline bpb_status call_vjp(const struct given *in, const struct made *out)
{
    return BPB(vjp)(in->net, in->work, in->X, in->U, out->gradient, out->dX);
}
static inline bpb_status call_jvp(const struct given *in, const struct made *out)
{
    return BPB(jvp)(in->net, in->work, in->X, in->v, in->V, out->Y, out->dY);
}
static inline bpb_status call_jacobian(const struct given *in, const struct made *out)
{
    return BPB(jacobian)(in->net, in->work, in->X, out->J);
}
static inline bpb_status call_hvp(const struct given *in, const struct made *out)
{
    return BPB(hvp)(in->net, in->work, in->X, in->T, in->v, out->gradient, NULL, out->loss);
}
static inline bpb_status call_gnvp(const struct given *in, const struct made *out)
{
    return BPB(gnvp)(in->net, in->work, in->X, in->T, in->v, out->gradient);
}
static inline bpb_status call_jacobian_vjp(const struct given *in, const struct made *out)
{
    return BPB(jacobian_vjp)(in->net, in->work, in->X, in->U, in->D, out->gradient);
}
static inline bpb_status call_sobolev(const struct given *in, const struct made *out)
{
    return BPB(sobolev)(in->net, in->work, in->X, in->T, in->dT, in->strength, out->gradient,
                        out->loss);
}

/* What of its arguments each call takes. */
enum { TAKES_T = 1, TAKES_U = 2, TAKES_V = 4, TAKES_v = 8, TAKES_D = 16, TAKES_dT = 32,
       MAKES_G = 64, MAKES_dX = 128, MAKES_Y = 256, MAKES_J = 512, NEEDS_PLAN = 1024 };
static const struct {
    const char *name;
    a_call *call;
    unsigned has;
} calls[] = {
    {"gradient", call_gradient, TAKES_T | MAKES_G},
    {"gradient_x", call_gradient_x, TAKES_T | MAKES_G | MAKES_dX | NEEDS_PLAN},
    {"vjp", call_vjp, TAKES_U | MAKES_G | MAKES_dX | NEEDS_PLAN},
    {"jvp", call_jvp, TAKES_V | TAKES_v | MAKES_Y | NEEDS_PLAN},
    {"jacobian", call_jacobian, MAKES_J | NEEDS_PLAN},
    {"hvp", call_hvp, TAKES_T | TAKES_v | MAKES_G | NEEDS_PLAN},
    {"gnvp", call_gnvp, TAKES_T | TAKES_v | MAKES_G | NEEDS_PLAN},
    {"jacobian_vjp", call_jacobian_vjp, TAKES_U | TAKES_D | MAKES_G | NEEDS_PLAN},
    {"sobolev", call_sobolev, TAKES_T | TAKES_dT | MAKES_G | NEEDS_PLAN},
};

static inline void assert_status(size_t c, const char *what, bpb_status got, bpb_status want)
{
    if (got != want)
        fail_msg("%s, %s: %d (%s), not %d", calls[c].name, what, got, bpb_strerror(got), want);
    if (want < 0)
        assert_string_not_equal(bpb_error(), "");
}

/* ---- A net and all that the calls take, and the memory of what they make ---- */

struct all {
    net_t *net;
    struct given given;
    struct made made;
    real *block, *results;
    double *weights;
    size_t n_0, n_L, B, P, n_results;
    double loss;
};

/* Matrices of the block, one after the other. */
static inline real *cut(real **next, size_t n)
{
    real *at = *next;
    *next += n;
    return at;
}

static inline void take_memory(struct all *all)
{
    const size_t n_0 = all->n_0, n_L = all->n_L, B = all->B, P = all->P, n_J = n_0 * n_L;
    const size_t n_given = (n_0 + n_L + n_L + n_0 + 2 * n_J) * B + P;
    struct rng rng = {51};
    all->n_results = P + (n_0 + 2 * n_L + n_J) * B;
    real *next = all->block = make_reals(n_given + all->n_results);
    fill_uniform(&rng, n_given, 0.1, 1, next);
    all->given.X = BPB(samples)(cut(&next, n_0 * B), B, n_0);
    all->given.T = BPB(values)(BPB(samples)(cut(&next, n_L * B), B, n_L));
    all->given.U = BPB(samples)(cut(&next, n_L * B), B, n_L);
    all->given.V = BPB(samples)(cut(&next, n_0 * B), B, n_0);
    all->given.D = BPB(samples)(cut(&next, n_J * B), B, n_J);
    all->given.dT = BPB(values)(BPB(samples)(cut(&next, n_J * B), B, n_J));
    all->weights = allocate(B, sizeof *all->weights);
    for (size_t j = 0; j < B; j++)
        all->weights[j] = rng_uniform(&rng, 0.1, 1);
    all->given.T.weights = all->weights;
    all->given.v = cut(&next, P);
    all->given.strength = 0.5;
    all->results = next;
    all->made.gradient = cut(&next, P);
    all->made.dX = BPB(samples_out)(cut(&next, n_0 * B), B, n_0);
    all->made.Y = BPB(samples_out)(cut(&next, n_L * B), B, n_L);
    all->made.dY = BPB(samples_out)(cut(&next, n_L * B), B, n_L);
    all->made.J = BPB(samples_out)(cut(&next, n_J * B), B, n_J);
}

/* all.made.loss points into it, which is done where it stays: see use. */
static inline struct all make_all(const bpb_net_options *options, size_t B)
{
    struct all all = {
        .n_0 = options->sizes[0], .n_L = options->sizes[options->n_sizes - 1], .B = B};
    assert_ok(BPB(net_create)(&all.net, options));
    all.given.net = all.net;
    all.P = BPB(net_parameters)(all.net);
    take_memory(&all);
    return all;
}

static inline void free_all(struct all *all)
{
    BPB(net_destroy)(&all->net);
    free(all->block);
    free(all->weights);
}

static inline void spoil(struct all *all)
{
    for (size_t i = 0; i < all->n_results; i++)
        all->results[i] = (real)NAN;
    all->loss = (double)NAN;
    all->made.loss = &all->loss;
}

/* All that call c makes, to be freed: what it does not make stays NaN. */
static inline real *results_of(struct all *all, size_t c, double *loss)
{
    real *copy = make_reals(all->n_results);
    spoil(all);
    assert_status(c, "as it should be", calls[c].call(&all->given, &all->made), BPB_OK);
    memcpy(copy, all->results, all->n_results * sizeof *copy);
    *loss = all->loss;
    return copy;
}

/* Plan and work for the net, of that batch. */
static inline struct machine plan_for(const struct all *all, size_t batch)
{
    struct machine machine = {.net = all->net};
    const bpb_plan_options options = {.batch = batch, .derivatives = 1};
    assert_ok(BPB(plan_create)(&machine.plan, machine.net, &options));
    assert_ok(BPB(work_create)(&machine.work, machine.plan));
    return machine;
}

static inline void free_plan(struct machine *machine)
{
    BPB(work_destroy)(&machine->work);
    BPB(plan_destroy)(&machine->plan);
}

#endif
