/* SPDX-License-Identifier: BSD-3-Clause */
/* Optimisers as objects: options, state, and what each step is made of. The loops over entries
 * stand in src/optim/loops_tmpl.c. */
#include "optim/optimiser_tmpl.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fpenv.h"
#include "base/ranges.h"
#include "functions/level_tmpl.h"
#include "net/net_tmpl.h"

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

static void fill_in_defaults(bpb_opt_options *options)
{
    const bpb_method method = options->method;
    bpb_method_options *tuning = &options->tuning;
    or_default(&options->eta, method == BPB_ADAGRAD || method == BPB_RMSPROP ? 0.01 : 0.001);
    or_default(&tuning->momentum, method == BPB_RMSPROP ? 0 : 0.9);
    or_default(&tuning->rho, 0.99);
    or_default(&tuning->beta1, 0.9);
    or_default(&tuning->beta2, 0.999);
    or_default(&tuning->epsilon, method == BPB_ADAGRAD ? 1e-10 : 1e-8);
    or_default(&tuning->eta_plus, 1.2);
    or_default(&tuning->eta_minus, 0.5);
    or_default(&tuning->delta_0, 0.0125);
    or_default(&tuning->delta_max, 50);
}

/* low <= x <= high; NaN is not. */
static bool within(double low, double x, double high)
{
    return x >= low && x <= high;
}

static bool is_irprop(bpb_method method)
{
    return method == BPB_IRPROP_PLUS || method == BPB_IRPROP_MINUS;
}

bpb_status BPB(opt_check_eta)(const char *name, const bpb_opt_options *options, double eta)
{
    TRY(bpb_option_number(name, eta, OPTION_AT_LEAST_0, LARGEST));
    REQUIRE(fabs(1 - eta * options->decay) <= LARGEST, BPB_ERR_OPTION,
            "%s is %g and the L2 decay %g; their product must be finite", name, eta,
            options->decay);
    REQUIRE(eta * options->decay_1 <= LARGEST, BPB_ERR_OPTION,
            "%s is %g and the L1 decay %g; their product must be finite", name, eta,
            options->decay_1);
    return BPB_OK;
}

static bpb_status check_flags(const bpb_opt_options *options)
{
    const bpb_method_options *tuning = &options->tuning;
    const char *method = bpb_name(BPB_NAMES_METHOD, (int)options->method);
    TRY(bpb_option_flag("decay_biases", options->decay_biases));
    TRY(bpb_option_flag("decoupled", options->decoupled));
    TRY(bpb_option_flag("tuning.centred", tuning->centred));
    TRY(bpb_option_flag("tuning.amsgrad", tuning->amsgrad));
    REQUIRE(!options->decoupled || !is_irprop(options->method), BPB_ERR_OPTION,
            "decoupled is 1; it must be 0, because the method %s has no eta", method);
    REQUIRE(!tuning->centred || options->method == BPB_RMSPROP, BPB_ERR_OPTION,
            "tuning.centred is 1; it must be 0, because the method is %s and not rmsprop", method);
    REQUIRE(!tuning->amsgrad || options->method == BPB_ADAM, BPB_ERR_OPTION,
            "tuning.amsgrad is 1; it must be 0, because the method is %s and not adam", method);
    return BPB_OK;
}

static bpb_status check_numbers(const bpb_opt_options *options)
{
    const bpb_method_options *tuning = &options->tuning;
    const struct {
        const char *name;
        double value;
        enum option_range range;
    } numbers[] = {
        {"eta", options->eta, OPTION_ABOVE_0},
        {"decay", options->decay, OPTION_AT_LEAST_0},
        {"decay_1", options->decay_1, OPTION_AT_LEAST_0},
        {"tuning.momentum", tuning->momentum, OPTION_BELOW_1},
        {"tuning.eta_decay", tuning->eta_decay, OPTION_AT_LEAST_0},
        {"tuning.rho", tuning->rho, OPTION_FRACTION},
        {"tuning.beta1", tuning->beta1, OPTION_FRACTION},
        {"tuning.beta2", tuning->beta2, OPTION_FRACTION},
        {"tuning.eta_plus", tuning->eta_plus, OPTION_ABOVE_1},
        {"tuning.eta_minus", tuning->eta_minus, OPTION_FRACTION},
        {"tuning.delta_min", tuning->delta_min, OPTION_AT_LEAST_0},
        {"tuning.delta_max", tuning->delta_max, OPTION_ABOVE_0},
        {"tuning.delta_0", tuning->delta_0, OPTION_ABOVE_0},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        TRY(bpb_option_number(numbers[i].name, numbers[i].value, numbers[i].range, LARGEST));
    REQUIRE(within(tuning->delta_min, tuning->delta_0, tuning->delta_max), BPB_ERR_OPTION,
            "tuning.delta_0 is %g; it must be between delta_min %g and delta_max %g",
            tuning->delta_0, tuning->delta_min, tuning->delta_max);
    return BPB_OK;
}

/* What is divided by, or into: normal numbers, whose reciprocals do not overflow. */
static bpb_status check_normals(const bpb_method_options *tuning)
{
    const struct {
        const char *name;
        double value;
    } normals[] = {{"tuning.epsilon", tuning->epsilon},
                   {"tuning.clip_value", tuning->clip_value},
                   {"tuning.clip_norm", tuning->clip_norm}};
    for (size_t i = 0; i < sizeof normals / sizeof *normals; i++)
        REQUIRE(normals[i].value == 0 || within(SMALLEST_NORMAL, normals[i].value, LARGEST),
                BPB_ERR_OPTION, "%s is %g; it must be 0, or at least %g and finite",
                normals[i].name, normals[i].value, SMALLEST_NORMAL);
    return BPB_OK;
}

static bool needs_full_loops(const bpb_opt_options *options)
{
    return options->tuning.clip_value > 0 || options->tuning.clip_norm > 0 || options->decay_1 > 0;
}

static bpb_status check_and_fill_in(bpb_opt_options *options)
{
    TRY(bpb_option_reserved("", options->reserved));
    TRY(bpb_option_reserved("tuning.", options->tuning.reserved));
    REQUIRE(bpb_name(BPB_NAMES_METHOD, (int)options->method), BPB_ERR_OPTION,
            "method is %d, which is no value of bpb_method", (int)options->method);
    fill_in_defaults(options);
    TRY(check_flags(options));
    TRY(check_numbers(options));
    TRY(check_normals(&options->tuning));
    return BPB(opt_check_eta)("eta", options, options->eta);
}

/* Check the options and put their defaults in. */
static bpb_status complete(bpb_opt_options *options)
{
    struct fpenv env;
    fpenv_enter(&env);
    const bpb_status status = check_and_fill_in(options);
    fpenv_leave(&env);
    return status;
}

static enum step_form rmsprop_form(const bpb_opt_options *options)
{
    const bool has_momentum = options->tuning.momentum > 0;
    if (options->tuning.centred)
        return has_momentum ? STEP_RMSPROP_CENTRED_MOMENTUM : STEP_RMSPROP_CENTRED;
    return has_momentum ? STEP_RMSPROP_MOMENTUM : STEP_RMSPROP;
}

static enum step_form form_of(const bpb_opt_options *options)
{
    static const enum step_form forms[] = {
        [BPB_SGD] = STEP_SGD,
        [BPB_MOMENTUM] = STEP_MOMENTUM,
        [BPB_NESTEROV] = STEP_NESTEROV,
        [BPB_ADAGRAD] = STEP_ADAGRAD,
        [BPB_RMSPROP] = STEP_RMSPROP,
        [BPB_ADAM] = STEP_ADAM,
        [BPB_IRPROP_PLUS] = STEP_IRPROP_PLUS,
        [BPB_IRPROP_MINUS] = STEP_IRPROP_MINUS,
    };
    if (options->method == BPB_RMSPROP)
        return rmsprop_form(options);
    return options->tuning.amsgrad ? STEP_AMSGRAD : forms[options->method];
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
        REQUIRE(opt->state[k], BPB_ERR_MEMORY, "no memory for an optimiser of %zu parameters",
                opt->P);
        memset(opt->state[k], 0, opt->P * sizeof(real));
    }
    if (is_irprop(opt->options.method))
        for (size_t i = 0; i < opt->P; i++)
            opt->state[1][i] = (real)opt->options.tuning.delta_0;
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
    REQUIRE_POINTER(opt);
    REQUIRE_POINTER(net);
    bpb_opt_options completed = options ? *options : (bpb_opt_options){0};
    TRY(complete(&completed));
    const struct shape *shape = net->shape;
    opt_t *made = calloc(1, sizeof *made + (shape->L + 1) * sizeof *made->units);
    REQUIRE(made, BPB_ERR_MEMORY, "no memory for an optimiser");
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
        return options->eta / (1 + (double)(t - 1) * options->tuning.eta_decay);
    if (options->method == BPB_ADAM)
        return options->eta / (1 - power(options->tuning.beta1, t));
    return options->eta;
}

/* The numbers of step t, where all of theta decays. */
static struct step numbers_of(const opt_t *opt, uint64_t t, double scale)
{
    const bpb_opt_options *options = &opt->options;
    const bpb_method_options *tuning = &options->tuning;
    const bool decoupled = options->decoupled;
    const double beta2 = options->method == BPB_RMSPROP ? tuning->rho : tuning->beta2;
    return (struct step){.scale = (real)scale,
                         .clip = tuning->clip_value > 0 ? (real)tuning->clip_value : (real)INFINITY,
                         .shrink = 1,
                         .decay = decoupled ? 0 : (real)options->decay,
                         .decay_1 = decoupled ? 0 : (real)options->decay_1,
                         .keep = decoupled ? (real)(1 - options->eta * options->decay) : 1,
                         .threshold = decoupled ? (real)(options->eta * options->decay_1) : 0,
                         .eta = (real)rate(options, t),
                         .momentum = (real)tuning->momentum,
                         .epsilon = (real)tuning->epsilon,
                         .beta1 = (real)tuning->beta1,
                         .rest1 = (real)(1 - tuning->beta1),
                         .beta2 = (real)beta2,
                         .rest2 = (real)(1 - beta2),
                         .unbias = (real)(1 / sqrt(1 - power(tuning->beta2, t))),
                         .eta_plus = (real)tuning->eta_plus,
                         .eta_minus = (real)tuning->eta_minus,
                         .delta_min = (real)tuning->delta_min,
                         .delta_max = (real)tuning->delta_max,
                         .back = opt->loss > opt->loss_before};
}

/* min(1, clip_norm / |clip(scale * gradient)|); 1 where the norm is NaN. It loses digits where it
 * is below the normal numbers: for a gradient that is too long by all their range. */
static real shrink_of(const opt_t *opt, const real *gradient, const struct step *step)
{
    const double limit = opt->options.tuning.clip_norm;
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

static bpb_status check_widths(const opt_t *opt, const struct shape *shape)
{
    REQUIRE(opt->L == shape->L, BPB_ERR_MISMATCH,
            "net has %zu layers; the optimiser was made for a net of %zu", shape->L, opt->L);
    for (size_t l = 0; l <= opt->L; l++) {
        const size_t n = l ? shape->layer[l - 1].n_out : shape_inputs(shape);
        REQUIRE(opt->units[l] == n, BPB_ERR_MISMATCH,
                "layer %zu of net is %zu wide; the optimiser was made for a net where it is %zu", l,
                n, opt->units[l]);
    }
    return BPB_OK;
}

static bpb_status step_by(opt_t *opt, net_t *net, const real *gradient, double scale)
{
    REQUIRE(within(-LARGEST, scale, LARGEST), BPB_ERR_OPTION, "scale is %g; it must be finite",
            scale);
    struct step step = numbers_of(opt, opt->t + 1, scale);
    step.shrink = shrink_of(opt, gradient, &step);
    return all_usable(opt, net, gradient, &step) ? take_step(opt, net, gradient, &step)
                                                 : BPB_NONFINITE;
}

/* bpb_opt_step, bpbf_opt_step */
bpb_status BPB(opt_step)(opt_t *opt, net_t *net, const real *gradient, double scale)
{
    REQUIRE_POINTER(opt);
    REQUIRE_POINTER(net);
    REQUIRE_POINTER(gradient);
    TRY(check_widths(opt, net->shape));
    struct fpenv env;
    fpenv_enter(&env);
    const bpb_status status = step_by(opt, net, gradient, scale);
    fpenv_leave(&env);
    return status;
}

/* ---- What a caller tells and asks ---- */

/* bpb_opt_loss, bpbf_opt_loss */
bpb_status BPB(opt_loss)(opt_t *opt, double E)
{
    REQUIRE_POINTER(opt);
    opt->loss = E;
    return BPB_OK;
}

/* bpb_opt_set_eta, bpbf_opt_set_eta */
bpb_status BPB(opt_set_eta)(opt_t *opt, double eta)
{
    REQUIRE_POINTER(opt);
    struct fpenv env;
    fpenv_enter(&env);
    const bpb_status status = BPB(opt_check_eta)("eta", &opt->options, eta);
    fpenv_leave(&env);
    TRY(status);
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
