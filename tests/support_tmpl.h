/* SPDX-License-Identifier: BSD-3-Clause */
/* A net, a batch and their oracle, in the precision of the test that includes this. */
#ifndef SUPPORT_TMPL_H
#define SUPPORT_TMPL_H

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "base/tmpl.h"

#define EPSILON BPB_SELECT(DBL_EPSILON, (double)FLT_EPSILON)

/* assert_true of BPB_OK, which says which status came instead. */
#define assert_ok(call) assert_int_equal(call, BPB_OK)

/* ---- Vectors ---- */

static inline real *make_reals(size_t n)
{
    return allocate(n, sizeof(real));
}

static inline void fill_uniform(struct rng *rng, size_t n, double low, double high, real *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (real)rng_uniform(rng, low, high);
}

/* x in long double, to be freed. */
static inline long double *widen(size_t n, const real *x)
{
    long double *wide = allocate(n, sizeof *wide);
    for (size_t i = 0; i < n; i++)
        wide[i] = (long double)x[i];
    return wide;
}

static inline void assert_reals_close(const char *what, size_t n, const real *got,
                                      const long double *want, long double scale,
                                      long double tolerance)
{
    long double *wide = widen(n, got);
    assert_close(what, n, wide, want, scale, tolerance);
    free(wide);
}

static inline void assert_same_bits(size_t n, const real *got, const real *want)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(got + i, want + i, sizeof(real)) != 0)
            fail_msg("value %zu of %zu is %.17g, not %.17g", i, n, (double)got[i], (double)want[i]);
}

/* ---- Net, plan and work ---- */

struct machine {
    net_t *net;
    plan_t *plan;
    work_t *work;
};

/* plan: NULL, or the options of the plan. */
static inline struct machine make_machine(const bpb_net_options *net, const bpb_plan_options *plan)
{
    struct machine machine = {0};
    assert_ok(BPB(net_create)(&machine.net, net));
    assert_ok(BPB(plan_create)(&machine.plan, machine.net, plan));
    assert_ok(BPB(work_create)(&machine.work, machine.plan));
    return machine;
}

static inline void free_machine(struct machine *machine)
{
    BPB(work_destroy)(&machine->work);
    BPB(plan_destroy)(&machine->plan);
    BPB(net_destroy)(&machine->net);
}

/* ---- A problem: random parameters, inputs and targets, and what the oracle makes of them ---- */

struct problem {
    struct machine machine;
    struct oracle oracle; /* its gradient and scale are of this batch */
    size_t B, n_in, n_out, P;
    real *X, *T;
    long double *wide_X, *wide_T, *wide_Y, E;
    long double tolerance; /* relative, of anything that has gone through this net */
};

/* W of variance 1/n_in, b within a half. */
static inline void draw_parameters(struct problem *problem, struct rng *rng)
{
    net_t *net = problem->machine.net;
    real *theta = BPB(net_theta)(net);
    for (size_t l = 1; l <= BPB(net_layers)(net); l++) {
        const out_t W = BPB(net_W)(net, theta, l), b = BPB(net_b)(net, theta, l);
        const double width = sqrt(3.0 / (double)W.cols);
        fill_uniform(rng, W.rows * W.cols, -width, width, W.data);
        fill_uniform(rng, b.rows, -0.5, 0.5, b.data);
    }
    for (size_t i = 0; i < problem->P; i++)
        problem->oracle.theta[i] = (long double)theta[i];
}

/* Targets are probabilities where the loss is cross-entropy. */
static inline void draw_targets(struct problem *problem, struct rng *rng)
{
    const struct oracle *oracle = &problem->oracle;
    const size_t n = problem->n_out;
    const bool probabilities = oracle->loss == BPB_CROSS_ENTROPY;
    fill_uniform(rng, n * problem->B, probabilities ? 0 : -1, 1, problem->T);
    if (!probabilities || oracle->g[oracle->L] != BPB_SOFTMAX)
        return;
    for (real *t = problem->T; t < problem->T + n * problem->B; t += n) {
        real sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += t[i];
        for (size_t i = 0; i < n; i++)
            t[i] /= sum;
    }
}

static inline void run_oracle(struct problem *problem)
{
    problem->E = oracle_batch(&problem->oracle, problem->B, problem->wide_X, problem->wide_T,
                              problem->wide_Y);
}

static inline void draw(struct problem *problem, struct rng *rng)
{
    draw_parameters(problem, rng);
    fill_uniform(rng, problem->n_in * problem->B, -1, 1, problem->X);
    draw_targets(problem, rng);
    free(problem->wide_X);
    free(problem->wide_T);
    problem->wide_X = widen(problem->n_in * problem->B, problem->X);
    problem->wide_T = widen(problem->n_out * problem->B, problem->T);
    run_oracle(problem);
}

/* No ReLU so near its kink that rounding decides its side, and no layer without a gradient. */
static inline bool well_posed(const struct problem *problem)
{
    const struct oracle *oracle = &problem->oracle;
    return oracle->kink > problem->tolerance &&
           theta_comparable(oracle, oracle->gradient, oracle->scale, problem->tolerance) &&
           largest(problem->n_out * problem->B, problem->wide_Y) > 16 * problem->tolerance;
}

/* Rounding errors of sums with mixed signs, and of functions good to 3 ulp. */
#define TOLERANCE(terms) (8 * EPSILON * sqrt((double)(terms)))

static inline struct problem make_problem(const bpb_net_options *options, size_t B, uint64_t seed)
{
    struct problem problem = {.B = B};
    problem.machine = make_machine(options, &(bpb_plan_options){.batch = B});
    oracle_init(&problem.oracle, options);
    problem.P = problem.oracle.P;
    problem.n_in = problem.oracle.n[0];
    problem.n_out = problem.oracle.n[problem.oracle.L];
    problem.X = make_reals(problem.n_in * B);
    problem.T = make_reals(problem.n_out * B);
    problem.wide_Y = allocate(problem.n_out * B, sizeof *problem.wide_Y);
    problem.tolerance = TOLERANCE(oracle_terms(&problem.oracle, B));
    struct rng rng = {seed};
    int tries = 0;
    do {
        assert_true(tries++ < 100);
        draw(&problem, &rng);
    } while (!well_posed(&problem));
    return problem;
}

static inline void free_problem(struct problem *problem)
{
    free_machine(&problem->machine);
    oracle_free(&problem->oracle);
    free(problem->X);
    free(problem->T);
    free(problem->wide_X);
    free(problem->wide_T);
    free(problem->wide_Y);
}

static inline view_t inputs(const struct problem *problem)
{
    return BPB(samples)(problem->X, problem->B, problem->n_in);
}
static inline view_t targets(const struct problem *problem)
{
    return BPB(samples)(problem->T, problem->B, problem->n_out);
}

static inline void assert_outputs_close(const struct problem *problem, const real *Y)
{
    const size_t n = problem->n_out * problem->B;
    assert_reals_close("outputs", n, Y, problem->wide_Y, largest(n, problem->wide_Y),
                       problem->tolerance);
}

static inline void assert_gradient_close(const struct problem *problem, const real *gradient)
{
    const struct oracle *oracle = &problem->oracle;
    long double *wide = widen(problem->P, gradient);
    assert_theta_close(oracle, "gradient", wide, oracle->gradient, oracle->scale,
                       problem->tolerance);
    free(wide);
}

/* W <- (1 - eta decay) W - eta dW, the same for b, by an optimiser made for this step. */
static inline bpb_status sgd_by_optimiser(net_t *net, const real *gradient,
                                          const bpb_sgd_rule *rule)
{
    const bpb_opt_options options = {
        .eta = rule->eta, .decay = rule->decay, .decay_biases = rule->decay_biases, .decoupled = 1};
    opt_t *opt = NULL;
    assert_ok(BPB(opt_create)(&opt, net, &options));
    const bpb_status status = BPB(opt_step)(opt, net, gradient, 1);
    BPB(opt_destroy)(&opt);
    return status;
}

#endif
