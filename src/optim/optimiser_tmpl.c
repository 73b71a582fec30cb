/* SPDX-License-Identifier: BSD-3-Clause */
/* Optimisers as objects: options, state, and what each step is made of. The loops over entries
 * stand in src/optim/loops_tmpl.c. */
#include "optim/optimiser_tmpl.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fpenv.h"
#include "functions/level_tmpl.h"
#include "net/net_tmpl.h"
#include "base/alloc.h"

#define LARGEST BPB_SELECT(DBL_MAX, (double)FLT_MAX)
#define LARGEST_SQUARED BPB_SELECT(0x1.fffffffffffffp511, 0x1.fffffep63f) /* finite when squared */
#define SMALLEST_NORMAL BPB_SELECT(DBL_MIN, (double)FLT_MIN)

DECLARE_LEVELS(struct steps, steps);

const struct steps *BPB(steps_for_cpu)(void)
{
    return LEVEL_FOR_CPU(steps);
}

/* ---- Options ---- */

static void or_default(double *option, double value)
{
    if (*option == 0)
        *option = value;
}

static double default_eta(bpb_method method)
{
    return method == BPB_ADAGRAD || method == BPB_RMSPROP ? 0.01 : 0.001;
}

static void fill_in_defaults(bpb_opt_options *options)
{
    const bpb_method method = options->method;
    or_default(&options->eta, default_eta(method));
    or_default(&options->momentum, method == BPB_RMSPROP ? 0 : 0.9);
    or_default(&options->rho, 0.99);
    or_default(&options->beta1, 0.9);
    or_default(&options->beta2, 0.999);
    or_default(&options->epsilon, method == BPB_ADAGRAD ? 1e-10 : 1e-8);
    if (method == BPB_ADAMW && options->decoupled == 0)
        options->decoupled = 1;
    or_default(&options->decay, method == BPB_ADAMW && options->decay_1 == 0 ? 0.01 : 0);
    or_default(&options->eta_plus, 1.2);
    or_default(&options->eta_minus, 0.5);
    or_default(&options->delta_0, 0.0125);
    or_default(&options->delta_max, 50);
}

/* low <= x <= high; NaN is not. */
static bool within(double low, double x, double high)
{
    return x >= low && x <= high;
}

static bool is_fraction(double x)
{
    return x > 0 && x < 1;
}

bool BPB(opt_eta_allowed)(const bpb_opt_options *options, double eta)
{
    return within(0, eta, LARGEST) && fabs(1 - eta * options->decay) <= LARGEST &&
           eta * options->decay_1 <= LARGEST;
}

static bool is_irprop(bpb_method method)
{
    return method == BPB_IRPROP_PLUS || method == BPB_IRPROP_MINUS;
}

static bool flags_allowed(const bpb_opt_options *options)
{
    return is_flag(options->decay_biases) && is_flag(options->centred) &&
           is_flag(options->amsgrad) && is_flag(options->decoupled) &&
           (!options->centred || options->method == BPB_RMSPROP) &&
           (!options->amsgrad || options->method == BPB_ADAMW) &&
           (!options->decoupled || !is_irprop(options->method));
}

static bool limit_allowed(double limit)
{
    return limit == 0 || within(SMALLEST_NORMAL, limit, LARGEST);
}

static bool decay_and_clipping_allowed(const bpb_opt_options *options)
{
    return within(0, options->decay, LARGEST) && within(0, options->decay_1, LARGEST) &&
           limit_allowed(options->clip_value) && limit_allowed(options->clip_norm);
}

static bool numbers_allowed(const bpb_opt_options *options)
{
    return options->eta > 0 && BPB(opt_eta_allowed)(options, options->eta) &&
           (options->momentum == 0 || is_fraction(options->momentum)) &&
           within(0, options->eta_decay, LARGEST) && is_fraction(options->rho) &&
           is_fraction(options->beta1) && is_fraction(options->beta2) &&
           within(SMALLEST_NORMAL, options->epsilon, LARGEST);
}

static bool irprop_allowed(const bpb_opt_options *options)
{
    return options->eta_plus > 1 && options->eta_plus <= LARGEST &&
           is_fraction(options->eta_minus) && options->delta_min >= 0 && options->delta_0 > 0 &&
           within(options->delta_min, options->delta_0, options->delta_max) &&
           options->delta_max <= LARGEST;
}

static bool needs_full_loops(const bpb_opt_options *options)
{
    return options->clip_value > 0 || options->clip_norm > 0 || options->decay_1 > 0;
}

/* Check the options and put their defaults in. */
static bpb_status complete(bpb_opt_options *options)
{
    struct fpenv env;
    REQUIRE(bpb_name(BPB_NAMES_METHOD, (int)options->method), BPB_ERR_OPTION);
    fpenv_enter(&env);
    fill_in_defaults(options);
    const bool allowed = flags_allowed(options) && decay_and_clipping_allowed(options) &&
                         numbers_allowed(options) && irprop_allowed(options);
    fpenv_leave(&env);
    REQUIRE(allowed, BPB_ERR_OPTION);
    return BPB_OK;
}

static enum step_form rmsprop_form(const bpb_opt_options *options)
{
    if (options->centred)
        return options->momentum > 0 ? STEP_RMSPROP_CENTRED_MOMENTUM : STEP_RMSPROP_CENTRED;
    return options->momentum > 0 ? STEP_RMSPROP_MOMENTUM : STEP_RMSPROP;
}

static enum step_form form_of(const bpb_opt_options *options)
{
    static const enum step_form forms[] = {
        [BPB_SGD] = STEP_SGD,           [BPB_MOMENTUM] = STEP_MOMENTUM,
        [BPB_NESTEROV] = STEP_NESTEROV, [BPB_ADAGRAD] = STEP_ADAGRAD,
        [BPB_RMSPROP] = STEP_RMSPROP,   [BPB_ADAM] = STEP_ADAM,
        [BPB_AMSGRAD] = STEP_AMSGRAD,   [BPB_ADAMW] = STEP_ADAM,
        [BPB_IRPROP_PLUS] = STEP_IRPROP_PLUS, [BPB_IRPROP_MINUS] = STEP_IRPROP_MINUS,
    };
    if (options->method == BPB_RMSPROP)
        return rmsprop_form(options);
    return options->amsgrad ? STEP_AMSGRAD : forms[options->method];
}

/* ---- Create and destroy ---- */

/* bpb_opt_destroy, bpbf_opt_destroy */
void BPB(opt_destroy)(opt_t **opt)
{
    if (!opt || !*opt)
        return;
    for (size_t k = 0; k < OPT_VECTORS; k++)
        free((*opt)->state[k]);
    free(*opt);
    *opt = NULL;
}

/* The vectors of a state before the first step. theta's size has been found to fit memory. */
static bpb_status make_state(opt_t *opt)
{
    for (size_t k = 0; k < opt->form->vectors; k++) {
        opt->state[k] = bpb_alloc_aligned(opt->P, sizeof(real));
        REQUIRE(opt->state[k], BPB_ERR_MEMORY);
        memset(opt->state[k], 0, opt->P * sizeof(real));
    }
    if (is_irprop(opt->options.method))
        for (size_t i = 0; i < opt->P; i++)
            opt->state[1][i] = (real)opt->options.delta_0;
    return BPB_OK;
}

static void set_widths(opt_t *opt, const struct shape *shape)
{
    opt->L = shape->L;
    opt->units[0] = shape_inputs(shape);
    for (size_t l = 1; l <= shape->L; l++)
        opt->units[l] = shape->layer[l - 1].n_out;
}

/* bpb_opt_create, bpbf_opt_create */
bpb_status BPB(opt_create)(opt_t **opt, const net_t *net, const bpb_opt_options *options)
{
    REQUIRE(opt && net, BPB_ERR_NULL);
    bpb_opt_options completed = options ? *options : (bpb_opt_options){0};
    TRY(complete(&completed));
    const struct shape *shape = net->shape;
    opt_t *made = calloc(1, sizeof *made + (shape->L + 1) * sizeof *made->units);
    REQUIRE(made, BPB_ERR_MEMORY);
    made->options = completed;
    made->steps = BPB(steps_for_cpu)();
    made->form = &made->steps->form[form_of(&completed)];
    made->loops = needs_full_loops(&completed) ? STEP_FULL : STEP_PLAIN;
    made->P = shape->parameters;
    made->loss = made->loss_before = NAN;
    set_widths(made, shape);
    const bpb_status status = make_state(made);
    if (status < 0)
        BPB(opt_destroy)(&made);
    else
        *opt = made;
    return status;
}

/* ---- Step ---- */

/* beta^t by squaring: plain products, which are the same everywhere. */
static double power(double beta, uint64_t t)
{
    double result = 1;
    for (; t > 0; t /= 2) {
        result = t % 2 ? result * beta : result;
        beta *= beta;
    }
    return result;
}

/* What multiplies the step of the t-th. */
static double rate(const bpb_opt_options *options, uint64_t t)
{
    if (options->method == BPB_ADAGRAD)
        return options->eta / (1 + (double)(t - 1) * options->eta_decay);
    if (options->method >= BPB_ADAM && options->method <= BPB_ADAMW)
        return options->eta / (1 - power(options->beta1, t));
    return options->eta;
}

/* The numbers of step t, where all of theta decays. */
static struct step numbers_of(const opt_t *opt, uint64_t t, double scale)
{
    const bpb_opt_options *options = &opt->options;
    const bool decoupled = options->decoupled;
    const double beta2 = options->method == BPB_RMSPROP ? options->rho : options->beta2;
    return (struct step){.scale = (real)scale,
                         .clip =
                             options->clip_value > 0 ? (real)options->clip_value : (real)INFINITY,
                         .shrink = 1,
                         .decay = decoupled ? 0 : (real)options->decay,
                         .decay_1 = decoupled ? 0 : (real)options->decay_1,
                         .keep = decoupled ? (real)(1 - options->eta * options->decay) : 1,
                         .threshold = decoupled ? (real)(options->eta * options->decay_1) : 0,
                         .eta = (real)rate(options, t),
                         .momentum = (real)options->momentum,
                         .epsilon = (real)options->epsilon,
                         .beta1 = (real)options->beta1,
                         .rest1 = (real)(1 - options->beta1),
                         .beta2 = (real)beta2,
                         .rest2 = (real)(1 - beta2),
                         .unbias = (real)(1 / sqrt(1 - power(options->beta2, t))),
                         .eta_plus = (real)options->eta_plus,
                         .eta_minus = (real)options->eta_minus,
                         .delta_min = (real)options->delta_min,
                         .delta_max = (real)options->delta_max,
                         .back = opt->loss > opt->loss_before};
}

/* min(1, clip_norm / |clip(scale * gradient)|); 1 where the norm is NaN. It loses digits where it
 * is below the normal numbers: for a gradient that is too long by all their range. */
static real shrink_of(const opt_t *opt, const real *gradient, const struct step *step)
{
    const double limit = opt->options.clip_norm;
    if (limit == 0)
        return 1;
    const struct norm norm = opt->steps->norm(step, opt->P, gradient);
    const double shrink = limit / norm.unit / norm.root;
    return shrink < 1 ? (real)shrink : 1;
}

/* A stretch of theta of which all decays, or nothing does. */
struct stretch {
    size_t first, count;
    bool decays;
};

/* The i-th of them: W_1 b_1 W_2 ..., or theta as a whole where they are all alike. */
static bool next_stretch(const opt_t *opt, const struct shape *shape, size_t i,
                         struct stretch *stretch)
{
    const bpb_opt_options *options = &opt->options;
    if ((options->decay == 0 && options->decay_1 == 0) || options->decay_biases) {
        *stretch = (struct stretch){0, opt->P, true};
        return i == 0;
    }
    if (i == 2 * shape->L)
        return false;
    const struct layer *layer = &shape->layer[i / 2];
    *stretch = i % 2 ? (struct stretch){layer->b, layer->n_out, false}
                     : (struct stretch){layer->W, layer->n_out * layer->n_in, true};
    return true;
}

static struct step numbers_for(const struct step *step, const struct stretch *stretch)
{
    struct step own = *step;
    if (!stretch->decays) {
        own.decay = own.decay_1 = own.threshold = 0;
        own.keep = 1;
    }
    return own;
}

/* Whether scale * gradient, g, and g^2 where it is taken, are finite everywhere. */
static bool all_usable(const opt_t *opt, const net_t *net, const real *gradient,
                       const struct step *step)
{
    const real limit = opt->form->squares ? LARGEST_SQUARED : (real)LARGEST;
    bool usable = true;
    struct stretch at;
    for (size_t i = 0; usable && next_stretch(opt, net->shape, i, &at); i++) {
        const struct step own = numbers_for(step, &at);
        usable = opt->steps->within[opt->loops](&own, limit, at.count, gradient + at.first,
                                                net->theta + at.first);
    }
    return usable;
}

static bpb_status take_step(opt_t *opt, net_t *net, const real *gradient, const struct step *step)
{
    bool finite = true;
    struct stretch at;
    for (size_t i = 0; next_stretch(opt, net->shape, i, &at); i++) {
        const struct step own = numbers_for(step, &at);
        real *state[OPT_VECTORS] = {NULL};
        for (size_t k = 0; k < opt->form->vectors; k++)
            state[k] = opt->state[k] + at.first;
        finite &= opt->form->take[opt->loops](&own, at.count, gradient + at.first,
                                              net->theta + at.first, state);
    }
    opt->t++;
    opt->loss_before = opt->loss;
    opt->loss = NAN;
    return finite ? BPB_OK : BPB_LOST;
}

static bool same_widths(const opt_t *opt, const struct shape *shape)
{
    bool same = opt->L == shape->L && opt->units[0] == shape_inputs(shape);
    for (size_t l = 1; same && l <= opt->L; l++)
        same = opt->units[l] == shape->layer[l - 1].n_out;
    return same;
}

/* bpb_opt_step, bpbf_opt_step */
bpb_status BPB(opt_step)(opt_t *opt, net_t *net, const real *gradient, double scale)
{
    REQUIRE(opt && net && gradient, BPB_ERR_NULL);
    REQUIRE(same_widths(opt, net->shape), BPB_ERR_MISMATCH);
    bpb_status status = BPB_ERR_OPTION;
    struct fpenv env;
    fpenv_enter(&env);
    if (within(-LARGEST, scale, LARGEST)) {
        struct step step = numbers_of(opt, opt->t + 1, scale);
        step.shrink = shrink_of(opt, gradient, &step);
        status = all_usable(opt, net, gradient, &step) ? take_step(opt, net, gradient, &step)
                                                       : BPB_NONFINITE;
    }
    fpenv_leave(&env);
    return status;
}

/* ---- What a caller tells and asks ---- */

/* bpb_opt_loss, bpbf_opt_loss */
bpb_status BPB(opt_loss)(opt_t *opt, double E)
{
    REQUIRE(opt, BPB_ERR_NULL);
    opt->loss = E;
    return BPB_OK;
}

/* bpb_opt_set_eta, bpbf_opt_set_eta */
bpb_status BPB(opt_set_eta)(opt_t *opt, double eta)
{
    REQUIRE(opt, BPB_ERR_NULL);
    struct fpenv env;
    fpenv_enter(&env);
    const bool allowed = BPB(opt_eta_allowed)(&opt->options, eta);
    fpenv_leave(&env);
    REQUIRE(allowed, BPB_ERR_OPTION);
    opt->options.eta = eta;
    return BPB_OK;
}

/* bpb_opt_eta, bpbf_opt_eta */
double BPB(opt_eta)(const opt_t *opt)
{
    return opt ? opt->options.eta : 0;
}

/* bpb_opt_steps, bpbf_opt_steps */
uint64_t BPB(opt_steps)(const opt_t *opt)
{
    return opt ? opt->t : 0;
}

/* bpb_norm2, bpbf_norm2 */
double BPB(norm2)(const real *x, size_t n)
{
    if (!x)
        return 0;
    struct fpenv env;
    fpenv_enter(&env);
    const struct step as_it_is = {.scale = 1, .clip = (real)INFINITY};
    const struct norm norm = BPB(steps_for_cpu)()->norm(&as_it_is, n, x);
    const double product = norm.root * norm.unit;
    fpenv_leave(&env);
    return product;
}
