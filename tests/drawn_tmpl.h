/* SPDX-License-Identifier: BSD-3-Clause */
/* Nets and batches drawn at random, of all functions, beside the naive net of naive.h. */
#ifndef DRAWN_TMPL_H
#define DRAWN_TMPL_H

#include <stdio.h>

#include "naive.h"
#include "examples_tmpl.h"
#include "support_tmpl.h"

/* ---- What is drawn: a recipe ---- */

struct limits {
    size_t layers, width, batch;
    size_t columns; /* 0, or of every batch */
    bool analytic; /* functions of one formula each */
    bool smooth;   /* no loss whose second derivative is zero almost everywhere */
    bool own;      /* functions of the caller too */
};

struct recipe {
    size_t L, n[NAIVE_LAYERS + 1], B, n_T;
    int g[NAIVE_LAYERS], loss;
    double leak, elu_alpha, huber_delta, label_smoothing;
    bool weighted, masked, classes, scaled_in, scaled_out;
};

static inline bool is_analytic(int g)
{
    return g != BPB_RELU && g != BPB_LEAKY_RELU && g != BPB_ELU && g != BPB_SELU &&
           g != BPB_SOFTSIGN;
}

/* All pairs of output and loss: each activation with three losses, then those of one pair. */
enum { FUNCTIONS = 14, ENDINGS = 3 * FUNCTIONS + 4 };
static inline void take_ending(size_t c, int *output, int *loss)
{
    static const int free_losses[] = {BPB_SQUARED, BPB_HUBER, BPB_ABSOLUTE};
    static const int pairs[4][2] = {{BPB_SIGMOID, BPB_CROSS_ENTROPY},
                                    {BPB_SOFTMAX, BPB_CROSS_ENTROPY},
                                    {BPB_EXPONENTIAL, BPB_POISSON},
                                    {BPB_IDENTITY, BPB_GAUSSIAN}};
    const size_t e = c % ENDINGS;
    *output = e < 3 * FUNCTIONS ? (int)(e / 3) : pairs[e - 3 * FUNCTIONS][0];
    *loss = e < 3 * FUNCTIONS ? free_losses[e % 3] : pairs[e - 3 * FUNCTIONS][1];
}

static inline bool ending_allowed(const struct limits *limits, int output, int loss)
{
    if (limits->analytic && (!is_analytic(output) || loss == BPB_HUBER || loss == BPB_ABSOLUTE))
        return false;
    return !limits->smooth || (loss != BPB_HUBER && loss != BPB_ABSOLUTE);
}

static inline int draw_hidden(struct rng *rng, const struct limits *limits)
{
    for (;;) {
        const int g = (int)rng_between(rng, 0, FUNCTIONS - 1);
        if (limits->own && rng_between(rng, 0, 7) == 0)
            return rng_between(rng, 0, 1) ? NAIVE_SINE : NAIVE_PRODUCT;
        if (!limits->analytic || is_analytic(g))
            return g;
    }
}

/* Widths that leave something to learn: a softmax of one unit is the constant 1. */
static inline void draw_widths(struct rng *rng, const struct limits *limits, struct recipe *recipe)
{
    recipe->n[0] = rng_between(rng, 1, limits->width);
    for (size_t l = 1; l <= recipe->L; l++)
        recipe->n[l] = rng_between(rng, recipe->g[l - 1] == BPB_SOFTMAX ? 2 : 1, limits->width);
    size_t *n_L = &recipe->n[recipe->L];
    if (recipe->loss == BPB_GAUSSIAN)
        *n_L = *n_L > 1 ? *n_L & ~(size_t)1 : 2;
    recipe->n_T = recipe->loss == BPB_GAUSSIAN ? *n_L / 2 : *n_L;
}

static inline bool chance(struct rng *rng, size_t of)
{
    return rng_between(rng, 1, of) == 1;
}

/* Parameters have few digits: they are the same in float. */
static inline void draw_parameters_of(struct rng *rng, struct recipe *recipe)
{
    const bool entropy = recipe->loss == BPB_CROSS_ENTROPY;
    recipe->leak = chance(rng, 2) ? 0.125 : 0.25;
    recipe->elu_alpha = chance(rng, 2) ? 0.75 : 1.5;
    recipe->huber_delta = chance(rng, 2) ? 0.5 : 1.25;
    recipe->label_smoothing = entropy && chance(rng, 2) ? 0.25 : 0;
    recipe->weighted = chance(rng, 2);
    recipe->masked = chance(rng, 3);
    recipe->classes = entropy && recipe->n_T > 1 && chance(rng, 2);
    recipe->scaled_in = chance(rng, 3);
    recipe->scaled_out = chance(rng, 3);
}

/* Number c of a series, that goes through all endings. */
static inline struct recipe draw_recipe(struct rng *rng, const struct limits *limits, size_t c)
{
    struct recipe recipe = {.L = rng_between(rng, 1, limits->layers)};
    int output;
    do
        take_ending(c++, &output, &recipe.loss);
    while (!ending_allowed(limits, output, recipe.loss));
    for (size_t l = 1; l < recipe.L; l++)
        recipe.g[l - 1] = draw_hidden(rng, limits);
    recipe.g[recipe.L - 1] = output;
    if (limits->own && recipe.loss == BPB_SQUARED && chance(rng, 2)) // a softmax's total is 1
        recipe.loss = chance(rng, 2) && output != BPB_SOFTMAX ? NAIVE_TOTAL : NAIVE_LOG_COSH;
    draw_widths(rng, limits, &recipe);
    recipe.B = limits->columns ? limits->columns : rng_between(rng, 1, limits->batch);
    draw_parameters_of(rng, &recipe);
    return recipe;
}

/* ---- A net of a recipe, its batch, and the reference ---- */

struct drawn {
    struct recipe recipe;
    struct machine machine;
    struct naive naive;
    struct naive_batch batch, nearby; /* nearby: theta and X moved by rounding writ large */
    size_t n_0, n_L, P, B, T_rows;
    real *X, *T;
    double *weights;
    long double *theta_wide, *X_wide, *T_wide, *weights_wide, *theta_nearby, *X_nearby;
    long double *scaling; /* of inputs and outputs */
    long double terms;    /* of the sums that a rounding error goes through */
};

/* How much larger than rounding what is nearby is moved, relative. */
#define MOVED 1e-9L

static inline int table_activation(int g)
{
    return g >= NAIVE_SINE ? BPB_IDENTITY : g;
}

static inline void set_own(net_t *net, const struct recipe *recipe)
{
    for (size_t l = 1; l <= recipe->L; l++)
        if (recipe->g[l - 1] >= NAIVE_SINE)
            assert_ok(BPB(net_set_activation)(
                net, l, recipe->g[l - 1] == NAIVE_SINE ? &own_sine : &own_product));
    if (recipe->loss >= NAIVE_SINE)
        assert_ok(BPB(net_set_loss)(net, recipe->loss == NAIVE_LOG_COSH ? &own_log_cosh
                                         : recipe->loss == NAIVE_TOTAL  ? &own_total
                                                                        : &own_sum));
}

static inline net_t *make_net(const struct recipe *recipe)
{
    bpb_activation g[NAIVE_LAYERS];
    net_t *net = NULL;
    for (size_t l = 0; l < recipe->L; l++)
        g[l] = (bpb_activation)table_activation(recipe->g[l]);
    assert_ok(BPB(net_create)(
        &net, &(bpb_net_options){.sizes = recipe->n,
                                 .n_sizes = recipe->L + 1,
                                 .activations = g,
                                 .loss = recipe->loss >= NAIVE_SINE ? BPB_SQUARED
                                                                    : (bpb_loss_kind)recipe->loss,
                                 .leak = recipe->leak,
                                 .elu_alpha = recipe->elu_alpha,
                                 .huber_delta = recipe->huber_delta,
                                 .label_smoothing = recipe->label_smoothing}));
    set_own(net, recipe);
    return net;
}

/* Plan and work for the net of a machine. */
static inline void plan_machine(struct machine *machine, const bpb_plan_options *options)
{
    assert_ok(BPB(plan_create)(&machine->plan, machine->net, options));
    assert_ok(BPB(work_create)(&machine->work, machine->plan));
}

static inline void init_naive(struct drawn *drawn)
{
    const struct recipe *recipe = &drawn->recipe;
    struct naive *naive = &drawn->naive;
    *naive = (struct naive){.L = recipe->L, .n_T = recipe->n_T, .loss = recipe->loss,
                            .leak = recipe->leak, .elu_alpha = recipe->elu_alpha,
                            .huber_delta = recipe->huber_delta,
                            .label_smoothing = recipe->label_smoothing};
    for (size_t l = 0; l <= recipe->L; l++) {
        naive->n[l] = recipe->n[l];
        naive->g[l] = l > 0 ? recipe->g[l - 1] : 0;
        naive->P += l > 0 ? (naive->n[l - 1] + 1) * naive->n[l] : 0;
        drawn->terms += recipe->n[l];
    }
    drawn->terms += recipe->B;
}

/* n shifts and n factors, for the net and, wide, for the naive one. */
static inline void draw_scaling(struct rng *rng, size_t n, bool wanted, double *of_net,
                                long double *wide)
{
    for (size_t i = 0; i < 2 * n; i++) {
        const double sign = chance(rng, 2) ? 1 : -1;
        of_net[i] =
            (double)(real)(i < n ? rng_uniform(rng, -1, 1) : sign * rng_uniform(rng, 0.5, 2));
        of_net[i] = wanted ? of_net[i] : i >= n;
        wide[i] = (long double)of_net[i];
    }
}

static inline void scale_net(struct drawn *drawn, struct rng *rng)
{
    const size_t n_0 = drawn->n_0, n_L = drawn->n_L;
    double *scaling = allocate(2 * n_0 + 2 * n_L, sizeof *scaling);
    drawn->scaling = allocate(2 * n_0 + 2 * n_L, sizeof *drawn->scaling);
    draw_scaling(rng, n_0, drawn->recipe.scaled_in, scaling, drawn->scaling);
    draw_scaling(rng, n_L, drawn->recipe.scaled_out, scaling + 2 * n_0, drawn->scaling + 2 * n_0);
    if (drawn->recipe.scaled_in) {
        assert_ok(BPB(net_set_scaling)(drawn->machine.net, BPB_INPUTS, scaling, scaling + n_0));
        drawn->naive.in = drawn->scaling;
    }
    if (drawn->recipe.scaled_out) {
        double *out = scaling + 2 * n_0;
        assert_ok(BPB(net_set_scaling)(drawn->machine.net, BPB_OUTPUTS, out, out + n_L));
        drawn->naive.out = drawn->scaling + 2 * n_0;
    }
    free(scaling);
}

/* W of variance gain^2/n_in, b within a half of it. */
static inline void draw_theta(struct drawn *drawn, struct rng *rng, double gain)
{
    net_t *net = drawn->machine.net;
    real *theta = BPB(net_theta)(net);
    for (size_t l = 1; l <= drawn->recipe.L; l++) {
        const out_t W = BPB(net_W)(net, theta, l), b = BPB(net_b)(net, theta, l);
        const double width = gain * sqrt(3.0 / (double)W.cols);
        fill_uniform(rng, W.rows * W.cols, -width, width, W.data);
        fill_uniform(rng, b.rows, -gain / 2, gain / 2, b.data);
    }
    for (size_t i = 0; i < drawn->P; i++)
        drawn->theta_wide[i] = (long double)theta[i];
}

/* In the units of the net within 1. */
static inline void draw_inputs(struct drawn *drawn, struct rng *rng)
{
    const size_t n = drawn->n_0;
    for (size_t i = 0; i < n * drawn->B; i++) {
        const double shift = (double)drawn->scaling[i % n];
        const double factor = (double)drawn->scaling[n + i % n];
        drawn->X[i] = (real)(rng_uniform(rng, -1, 1) / factor + shift);
        drawn->X_wide[i] = (long double)drawn->X[i];
    }
}

/* A column of targets in the units of the net: probabilities, counts, or anything within 2. */
static inline void draw_column(const struct drawn *drawn, struct rng *rng, double *t)
{
    const size_t n = drawn->recipe.n_T, class = rng_between(rng, 0, n - 1);
    const bool entropy = drawn->recipe.loss == BPB_CROSS_ENTROPY;
    const bool softmax = drawn->naive.g[drawn->naive.L] == BPB_SOFTMAX;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        t[i] = rng_uniform(rng, entropy ? 0.05 : -2, entropy ? 1 : 2);
        if (drawn->recipe.loss == BPB_POISSON)
            t[i] = (double)rng_between(rng, 0, 6);
        if (drawn->recipe.classes)
            t[i] = i == class;
        sum += t[i];
    }
    for (size_t i = 0; entropy && softmax && i < n; i++)
        t[i] /= sum;
}

/* Target t of output row i, in the caller's units, to T and back again, rounded, to the net's. */
static inline void put_target(struct drawn *drawn, size_t i, size_t j, double t)
{
    const size_t n = drawn->recipe.n_T, first = i * (drawn->n_L / n);
    const long double *shift = drawn->scaling + 2 * drawn->n_0, *factor = shift + drawn->n_L;
    real *its = drawn->T + j * n + i;
    *its = (real)((double)shift[first] + (double)factor[first] * t);
    drawn->T_wide[j * n + i] = ((long double)*its - shift[first]) / factor[first];
}

/* Class indices are not scaled. */
static inline void put_class(struct drawn *drawn, size_t j, const double *t)
{
    for (size_t i = 0; i < drawn->n_L; i++) {
        drawn->T_wide[j * drawn->n_L + i] = (long double)t[i];
        if (t[i] == 1)
            drawn->T[j] = (real)i;
    }
}

static inline void mask_some(struct drawn *drawn, struct rng *rng)
{
    const size_t n = drawn->recipe.n_T;
    for (size_t j = 0; j < drawn->B; j++)
        for (size_t i = 0; i < n; i++) {
            if (!chance(rng, naive_whole_column(&drawn->naive) ? 4 * n : 5))
                continue;
            drawn->T_wide[j * n + i] = NAN;
            for (size_t k = 0; drawn->recipe.classes && k < n; k++)
                drawn->T_wide[j * n + k] = NAN;
            drawn->T[drawn->recipe.classes ? j : j * n + i] = (real)NAN;
        }
}

static inline void draw_batch(struct drawn *drawn, struct rng *rng)
{
    draw_inputs(drawn, rng);
    for (size_t j = 0; j < drawn->B; j++) {
        double t[NAIVE_WIDTH];
        draw_column(drawn, rng, t);
        for (size_t i = 0; !drawn->recipe.classes && i < drawn->recipe.n_T; i++)
            put_target(drawn, i, j, t[i]);
        if (drawn->recipe.classes)
            put_class(drawn, j, t);
        drawn->weights[j] = chance(rng, 8) ? 0 : rng_uniform(rng, 0.25, 2);
        drawn->weights_wide[j] = (long double)drawn->weights[j];
    }
    if (drawn->recipe.masked)
        mask_some(drawn, rng);
}

static inline void move_nearby(struct drawn *drawn, struct rng *rng)
{
    for (size_t i = 0; i < drawn->P; i++)
        drawn->theta_nearby[i] = drawn->theta_wide[i] * (1 + MOVED * rng_uniform(rng, -1, 1));
    for (size_t i = 0; i < drawn->n_0 * drawn->B; i++) // moved in the units of the net
        drawn->X_nearby[i] = drawn->X_wide[i] + MOVED * rng_uniform(rng, -1, 1) /
                                                    drawn->scaling[drawn->n_0 + i % drawn->n_0];
}

static inline view_t drawn_inputs(const struct drawn *drawn)
{
    return BPB(samples)(drawn->X, drawn->B, drawn->n_0);
}
static inline targets_t drawn_targets(const struct drawn *drawn)
{
    const view_t view = BPB(samples)(drawn->T, drawn->B, drawn->T_rows);
    targets_t T = drawn->recipe.classes ? BPB(classes)(view) : BPB(values)(view);
    T.weights = drawn->recipe.weighted ? drawn->weights : NULL;
    T.masked = drawn->recipe.masked;
    return T;
}

/* ---- Comparisons ---- */

static inline long double norm(size_t n, const long double *x)
{
    long double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += x[i] * x[i];
    return sqrtl(squares);
}

static inline long double distance(size_t n, const long double *x, const long double *y)
{
    long double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - y[i]) * (x[i] - y[i]);
    return sqrtl(squares);
}

/* By how much more than its data a result moves, relative: nearby is that of data moved. */
static inline long double condition(size_t n, const long double *x, const long double *nearby)
{
    return distance(n, x, nearby) / (MOVED * norm(n, x));
}

/*
 * |got - want| <= 16 eps max(terms, condition) |want|, in the norm. A bound of a sixteenth or more
 * would show nothing and is refused; where want is 0, so is got.
 */
static inline void assert_like(const char *what, long double terms, size_t n, const real *got,
                               const long double *want, const long double *nearby)
{
    const long double scale = norm(n, want);
    long double *wide = widen(n, got);
    const long double sensitive = scale > 0 ? condition(n, want, nearby) : 0;
    const long double tolerance = 16 * EPSILON * fmaxl(terms, sensitive);
    const long double apart = distance(n, wide, want);
    free(wide);
    if (!(tolerance < 1.0L / 16))
        fail_msg("%s: a condition of %Lg shows nothing", what, sensitive);
    if (!(apart <= tolerance * scale))
        fail_msg("%s: %Lg apart, %Lg allowed (norm %Lg, condition %Lg, terms %Lg)", what, apart,
                 tolerance * scale, scale, sensitive, terms);
}

/* The same for each W_l and b_l of vectors laid out as theta. */
static inline void assert_theta_like(const struct drawn *drawn, const char *what, const real *got,
                                     const long double *want, const long double *nearby)
{
    size_t at = 0;
    for (size_t l = 1; l <= drawn->naive.L; l++)
        for (int bias = 0; bias < 2; bias++) {
            const size_t n = drawn->naive.n[l] * (bias ? 1 : drawn->naive.n[l - 1]);
            char name[64];
            snprintf(name, sizeof name, "%s: %c_%zu", what, bias ? 'b' : 'W', l);
            assert_like(name, drawn->terms, n, got + at, want + at, nearby + at);
            at += n;
        }
}

/* ---- Well posed, and drawn until it is ---- */

/* Of each W_l and b_l there is something, and rounding is not blown up more than sums may. */
static inline bool theta_steady(const struct drawn *drawn, const long double *x,
                                const long double *nearby)
{
    size_t at = 0;
    for (size_t l = 1; l <= drawn->naive.L; l++)
        for (int bias = 0; bias < 2; bias++) {
            const size_t n = drawn->naive.n[l] * (bias ? 1 : drawn->naive.n[l - 1]);
            if (norm(n, x + at) < MOVED || condition(n, x + at, nearby + at) > drawn->terms)
                return false;
            at += n;
        }
    return true;
}

static inline bool drawn_well(const struct drawn *drawn)
{
    const size_t n = drawn->n_0 * drawn->B;
    if (!(naive_kink(&drawn->naive, &drawn->batch) > 64 * drawn->terms * EPSILON))
        return false;
    long double *x = allocate(2 * (drawn->P + n), sizeof *x), *y = x + drawn->P + n;
    const long double E = naive_gradient(&drawn->naive, &drawn->batch, NULL, x, x + drawn->P);
    const long double E_nearby =
        naive_gradient(&drawn->naive, &drawn->nearby, NULL, y, y + drawn->P);
    const bool well = fabsl(E) > MOVED && condition(1, &E, &E_nearby) <= drawn->terms &&
                      theta_steady(drawn, x, y) && norm(n, x + drawn->P) > MOVED &&
                      condition(n, x + drawn->P, y + drawn->P) <= drawn->terms;
    free(x);
    return well;
}

static inline void make_room(struct drawn *drawn)
{
    const size_t n = drawn->n_0 * drawn->B, n_T = drawn->n_L * drawn->B;
    drawn->X = make_reals(n);
    drawn->T = make_reals(n_T);
    drawn->weights = allocate(drawn->B, sizeof *drawn->weights);
    drawn->theta_wide = allocate(2 * drawn->P, sizeof(long double));
    drawn->X_wide = allocate(2 * n, sizeof(long double));
    drawn->T_wide = allocate(n_T, sizeof(long double));
    drawn->weights_wide = allocate(drawn->B, sizeof(long double));
    drawn->theta_nearby = drawn->theta_wide + drawn->P;
    drawn->X_nearby = drawn->X_wide + n;
    drawn->batch = (struct naive_batch){
        .B = drawn->B, .theta = drawn->theta_wide, .X = drawn->X_wide, .T = drawn->T_wide,
        .weights = drawn->recipe.weighted ? drawn->weights_wide : NULL,
        .masked = drawn->recipe.masked};
    drawn->nearby = drawn->batch;
    drawn->nearby.theta = drawn->theta_nearby;
    drawn->nearby.X = drawn->X_nearby;
}

static inline struct drawn make_drawn(const struct recipe *recipe, const bpb_plan_options *options,
                                      struct rng *rng)
{
    struct drawn drawn = {.recipe = *recipe, .n_0 = recipe->n[0], .n_L = recipe->n[recipe->L],
                          .B = recipe->B, .T_rows = recipe->classes ? 1 : recipe->n_T};
    drawn.machine.net = make_net(recipe);
    plan_machine(&drawn.machine, options);
    init_naive(&drawn);
    drawn.P = drawn.naive.P;
    assert_int_equal(BPB(net_parameters)(drawn.machine.net), drawn.P);
    make_room(&drawn);
    scale_net(&drawn, rng);
    int tries = 0;
    do {
        assert_true(tries++ < 2000);
        draw_theta(&drawn, rng, tries < 100 ? 1 : rng_uniform(rng, 0.3, 1.5));
        draw_batch(&drawn, rng);
        move_nearby(&drawn, rng);
    } while (!drawn_well(&drawn));
    return drawn;
}

static inline void free_drawn(struct drawn *drawn)
{
    free_machine(&drawn->machine);
    free(drawn->X);
    free(drawn->T);
    free(drawn->weights);
    free(drawn->theta_wide);
    free(drawn->X_wide);
    free(drawn->T_wide);
    free(drawn->weights_wide);
    free(drawn->scaling);
}

/* So many nets of a series, one after the other. */
static inline void with_each_net(const struct limits *limits, size_t n_nets, uint64_t seed,
                                 void (*check)(const struct drawn *drawn, void *user), void *user)
{
    struct rng rng = {seed};
    for (size_t c = 0; c < n_nets; c++) {
        const struct recipe recipe = draw_recipe(&rng, limits, c);
        struct drawn drawn = make_drawn(
            &recipe, &(bpb_plan_options){.batch = recipe.B, .derivatives = 1}, &rng);
        check(&drawn, user);
        free_drawn(&drawn);
    }
}

/* Memory as it may come: of an output nothing may be read. */
static inline real *make_dirty(size_t n)
{
    real *x = make_reals(n);
    for (size_t i = 0; i < n; i++)
        x[i] = (real)NAN;
    return x;
}

static inline long double *make_wide(size_t n)
{
    return allocate(n, sizeof(long double));
}

/* A direction, and the same wide. */
static inline real *draw_direction(struct rng *rng, size_t n, long double **wide)
{
    real *v = make_reals(n);
    fill_uniform(rng, n, -1, 1, v);
    *wide = widen(n, v);
    return v;
}

#endif
