/* SPDX-License-Identifier: BSD-3-Clause */
/* What a check has before its first difference: memory, steps and random numbers. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ranges.h"
#include "base/random.h"
#include "base/view_tmpl.h"
#include "check/check_tmpl.h"
#include "pass/pass_tmpl.h"

#define DEFAULT_ENTRIES 100

/* Substreams of STREAM_CHECK. */
enum { OF_DIRECTION, OF_U, OF_SAMPLES };

static double uniform(const struct check *check, uint64_t substream, size_t i)
{
    return 2 * bpb_random_uniform(check->options.seed, STREAM_CHECK, substream, i) - 1;
}

static bpb_status check_options(const bpb_check_options *options)
{
    REQUIRE(options->what >> BPB_CHECKS == 0, BPB_ERR_OPTION,
            "what is %zu; it must be a sum of 1u << kind and below %zu", (size_t)options->what,
            (size_t)1 << BPB_CHECKS);
    TRY(bpb_option_number("tolerance", options->tolerance, OPTION_AT_LEAST_0, DBL_MAX));
    return bpb_option_reserved("", options->reserved);
}

/* The sizes of the point and of the largest derivatives. */
static bpb_status set_sizes(struct check *check)
{
    size_t inputs, outputs, jacobian;
    const bool fits =
        size_mul(check->n_0, check->B, &inputs) && size_mul(check->n_L, check->B, &outputs) &&
        size_mul(check->n_0, check->n_L, &jacobian) && size_add(check->P, inputs, &check->N);
    REQUIRE(fits, BPB_ERR_SIZE,
            "a check of %zu inputs, %zu outputs and %zu columns exceeds the memory", check->n_0,
            check->n_L, check->B);
    return BPB_OK;
}

static void set_options(struct check *check, const bpb_check_options *options)
{
    check->options = *options;
    if (options->what == 0)
        check->options.what = (1u << BPB_CHECKS) - 1;
    if (options->entries == 0)
        check->options.entries = DEFAULT_ENTRIES;
    if (options->tolerance == 0)
        check->options.tolerance = 1;
}

/* The most that any of the subjects that are wanted needs, and the memory for it. */
static bpb_status alloc_subjects(struct check *check)
{
    size_t values = 1, derivatives = 1;
    for (int what = 0; what < BPB_CHECKS; what++) {
        if (!(check->options.what >> what & 1))
            continue;
        values = BPB_MAX(values, BPB(subjects)[what].values(check));
        derivatives = BPB_MAX(derivatives, BPB(subjects)[what].derivatives(check));
    }
    const size_t staged = BPB_MAX(values, check->n_L * check->B);
    check->f_0 = calloc(values, sizeof *check->f_0);
    check->f_right = calloc(values, sizeof *check->f_right);
    check->f_left = calloc(values, sizeof *check->f_left);
    check->noise = calloc(values, sizeof *check->noise);
    check->staged = calloc(staged, sizeof *check->staged);
    check->computed = calloc(derivatives, sizeof *check->computed);
    check->jittered = calloc(derivatives, sizeof *check->jittered);
    check->rounding = calloc(derivatives, sizeof *check->rounding);
    const bool has_all = check->f_0 && check->f_right && check->f_left && check->noise &&
                         check->staged && check->computed && check->jittered && check->rounding;
    REQUIRE(has_all, BPB_ERR_MEMORY, "no memory to check %zu values and %zu derivatives", values,
            derivatives);
    return BPB_OK;
}

/* Lists of entries: of theta all at once, of X or of Y; and one sample's outputs. */
static bpb_status alloc_lists(struct check *check)
{
    const struct shape *shape = check->net.shape;
    const size_t inputs = check->n_0 * check->B, outputs = check->n_L * check->B;
    const size_t entries = check->options.entries;
    size_t largest = BPB_MAX(inputs, outputs), drawn = 0;
    for (size_t l = 0; l < shape->L; l++) {
        const size_t W = shape->layer[l].n_in * shape->layer[l].n_out, b = shape->layer[l].n_out;
        largest = BPB_MAX(largest, W);
        drawn += BPB_MIN(entries, W) + BPB_MIN(entries, b);
    }
    drawn = BPB_MAX(drawn, BPB_MIN(entries, BPB_MAX(inputs, outputs)));
    const size_t picks = BPB_MAX(drawn, check->n_L);
    check->order = calloc(largest, sizeof *check->order);
    check->drawn = calloc(drawn, sizeof *check->drawn);
    check->picks = calloc(picks, sizeof *check->picks);
    check->ladders = calloc(picks, sizeof *check->ladders);
    REQUIRE(check->order && check->drawn && check->picks && check->ladders, BPB_ERR_MEMORY,
            "no memory to check %zu entries", drawn);
    return BPB_OK;
}

static bpb_status alloc_point(struct check *check, view_t X, const real *theta)
{
    check->base = calloc(check->N, sizeof *check->base);
    check->point = calloc(check->N, sizeof *check->point);
    check->direction = calloc(check->N, sizeof *check->direction);
    check->scale = calloc(check->N, sizeof *check->scale);
    check->U = calloc(check->n_L * check->B, sizeof *check->U);
    const bool has_all =
        check->base && check->point && check->direction && check->scale && check->U;
    REQUIRE(has_all, BPB_ERR_MEMORY, "no memory to check %zu parameters and inputs", check->N);
    memcpy(check->base, theta, check->P * sizeof *theta);
    BPB(view_gather)(BPB(view_resolve)(X), 0, check->B, check->base + check->P);
    memcpy(check->point, check->base, check->N * sizeof *check->base);
    check->net.theta = check->point;
    return BPB_OK;
}

/* The power of two that makes size about 1. */
static double step_for(double size)
{
    if (!isnormal(size))
        return 1;
    const int exponent = ilogb(size);
    return ldexp(1, -BPB_MAX(-60, BPB_MIN(60, exponent)));
}

static double largest(const real *x, size_t n, size_t stride)
{
    double max = 0;
    for (size_t i = 0; i < n; i++)
        max = fmax(max, fabs((double)x[i * stride]));
    return max;
}

/* Z_l = W A + b 1^T: W_l(i, k) is moved by 1 / max_j |A(k, j)|, b by 1. */
static void set_layer_steps(struct check *check, size_t l)
{
    const struct layer *layer = &check->net.shape->layer[l - 1];
    const view_t A = BPB(view_resolve)(BPB(work_layer)(check->work, l - 1).A);
    const double narrow = sqrt((double)layer->n_in + 1);
    for (size_t k = 0; k <= layer->n_in; k++) {
        const size_t first = layer->W + k * layer->n_out; // k = n_in: b_l
        const double step = k < layer->n_in ? step_for(largest(A.data + k, A.cols, A.ld)) : 1;
        for (size_t i = first; i < first + layer->n_out; i++) {
            check->scale[i] = step;
            check->direction[i] = (real)(step / narrow * uniform(check, OF_DIRECTION, i));
        }
    }
}

/* x_k is moved by 1 / max_i |W_1(i, k)|, in the caller's units. */
static void set_input_steps(struct check *check)
{
    const size_t n_0 = check->n_0, n_1 = check->net.shape->layer[0].n_out;
    const double narrow = sqrt((double)n_0);
    const struct scaling *scaling = check->net.scaling[BPB_INPUTS];
    for (size_t k = 0; k < n_0; k++) {
        const double factor = scaling ? fabs((double)scaling->rounded[n_0 + k]) : 1;
        const double step = step_for(factor * largest(check->point + k * n_1, n_1, 1));
        for (size_t i = check->P + k; i < check->N; i += n_0) {
            check->scale[i] = step;
            check->direction[i] = (real)(step / narrow * uniform(check, OF_DIRECTION, i));
        }
    }
}

/* u, so that all outputs weigh about the same in <u, Y>. */
static void draw_U(struct check *check)
{
    const struct scaling *scaling = check->net.scaling[BPB_OUTPUTS];
    for (size_t i = 0; i < check->n_L * check->B; i++) {
        const double factor = scaling ? (double)scaling->rounded[check->n_L + i % check->n_L] : 1;
        check->U[i] = (real)(uniform(check, OF_U, i) * step_for(factor));
    }
}

/* |E| of theta = 0, unless that of the net is larger. */
static bpb_status set_size_of_E(struct check *check, view_t X)
{
    double E, E_of_zero;
    memset(check->point, 0, check->P * sizeof *check->point);
    TRY(BPB(loss)(&check->net, check->work, X, check->T, &E_of_zero));
    memcpy(check->point, check->base, check->P * sizeof *check->point);
    TRY(BPB(loss)(&check->net, check->work, X, check->T, &E));
    check->E = fmax(fabs(E), isfinite(E_of_zero) ? fabs(E_of_zero) : 0);
    return BPB_OK;
}

/* First passes, which check X and T and say how large E and each A are. */
static bpb_status first_pass(struct check *check)
{
    const view_t X = BPB(samples)(BPB(check_X)(check), check->B, check->n_0);
    TRY(set_size_of_E(check, X));
    for (size_t l = 1; l <= check->net.shape->L; l++)
        set_layer_steps(check, l);
    set_input_steps(check);
    draw_U(check);
    return BPB_OK;
}

bpb_status BPB(check_start)(struct check *check, const net_t *net, view_t X, targets_t T,
                            const bpb_check_options *options)
{
    TRY(check_options(options));
    TRY(BPB(samples_check)(net->shape, X, T));
    check->net = *net;
    check->T = T;
    check->P = net->shape->parameters;
    check->n_0 = shape_inputs(net->shape);
    check->n_L = shape_outputs(net->shape);
    check->B = X.cols;
    TRY(set_sizes(check));
    set_options(check, options);
    const bpb_plan_options plan = {.batch = check->B, .derivatives = 1};
    TRY(BPB(plan_create)(&check->plan, net, &plan));
    TRY(BPB(work_create)(&check->work, check->plan));
    TRY(alloc_subjects(check));
    TRY(alloc_lists(check));
    TRY(alloc_point(check, X, net->theta));
    return first_pass(check);
}

void BPB(check_free)(struct check *check)
{
    void *const all[] = {check->base,   check->point,    check->direction, check->U,
                         check->scale,  check->drawn,    check->order,     check->f_0,
                         check->f_right, check->f_left,  check->noise,     check->staged,
                         check->computed, check->jittered, check->rounding, check->picks,
                         check->ladders};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    BPB(work_destroy)(&check->work);
    BPB(plan_destroy)(&check->plan);
}

bpb_status BPB(check_draw)(struct check *check, size_t first, size_t n)
{
    const size_t count = BPB_MIN(n, check->options.entries);
    if (count < n)
        TRY(bpb_shuffle(check->order, n, check->options.seed, first));
    for (size_t i = 0; i < count; i++)
        check->drawn[check->n_drawn++] = first + (count < n ? check->order[i] : i);
    return BPB_OK;
}

void BPB(check_place)(struct check *check, double t, uint64_t sample)
{
    for (size_t i = 0; i < check->N; i++) {
        const double x = (double)check->base[i] + t * (double)check->direction[i];
        const double off = sample ? 2 * EPSILON * uniform(check, OF_SAMPLES + sample, i) : 0;
        check->point[i] = (real)(x * (1 + off));
    }
}
