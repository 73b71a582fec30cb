/* SPDX-License-Identifier: BSD-3-Clause */
#include "train_rule.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "cli/common/say.h"

/* ---- Sets of methods, and of schedules ---- */

#define ONE(number) (1u << (number))
#define IRPROP (ONE(BPB_IRPROP_PLUS) | ONE(BPB_IRPROP_MINUS))
#define ADAMS (ONE(BPB_ADAM) | ONE(OPTIMIZER_AMSGRAD) | ONE(OPTIMIZER_ADAMW))
#define WITH_MOMENTUM (ONE(BPB_MOMENTUM) | ONE(BPB_NESTEROV) | ONE(BPB_RMSPROP))
#define WITH_ROOT (ADAMS | ONE(BPB_ADAGRAD) | ONE(BPB_RMSPROP))
#define WITH_FACTOR                                                                                \
    (ONE(BPB_SCHEDULE_STEP) | ONE(BPB_SCHEDULE_EXPONENTIAL) | ONE(BPB_SCHEDULE_PLATEAU))
#define BY_SCORES (ONE(BPB_SCHEDULE_PLATEAU) | ONE(BPB_SCHEDULE_HALVING))

static bool is_irprop(const struct rule_settings *rule)
{
    return ONE(rule->optimizer) & IRPROP;
}

static bool schedule_judges(const struct rule_settings *rule)
{
    return ONE(rule->schedule) & BY_SCORES;
}

bool rule_keeps_best(const struct rule_settings *rule)
{
    return rule->keep_best || rule->patience > 0;
}

/* ---- Defaults ---- */

const char *rule_default_eta(const struct rule_settings *rule, const char *by_sgd)
{
    switch (rule->optimizer) {
    case BPB_SGD:
        return by_sgd;
    case BPB_ADAGRAD:
    case BPB_RMSPROP:
        return "0.01";
    case BPB_IRPROP_PLUS:
    case BPB_IRPROP_MINUS:
        return NULL;
    default:
        return "0.001";
    }
}

const char *rule_default_batch(const struct rule_settings *rule)
{
    return is_irprop(rule) ? "all" : "10";
}

/* ---- Options against each other ---- */

/* An option, and the numbers it belongs to: with any other it has no meaning. */
struct belonging {
    const char *option;
    unsigned to;       /* the sum of 1 << number */
    const char *names; /* of them */
};

static const struct belonging to_methods[] = {
    {"momentum", WITH_MOMENTUM, "momentum, nesterov or rmsprop"},
    {"beta1", ADAMS, "adam, amsgrad or adamw"},
    {"beta2", ADAMS, "adam, amsgrad or adamw"},
    {"rho", ONE(BPB_RMSPROP), "rmsprop"},
    {"epsilon", WITH_ROOT, "adagrad, rmsprop, adam, amsgrad or adamw"},
    {"centred", ONE(BPB_RMSPROP), "rmsprop"},
    {"amsgrad", ONE(OPTIMIZER_ADAMW), "adamw (for adam, give --optimizer amsgrad)"},
    {0},
};

static const struct belonging to_schedules[] = {
    {"schedule-factor", WITH_FACTOR, "step, exponential or plateau"},
    {"schedule-every", ONE(BPB_SCHEDULE_STEP), "step"},
    {"schedule-rate", ONE(BPB_SCHEDULE_INVERSE), "inverse"},
    {"schedule-patience", BY_SCORES, "plateau or halving"},
    {"eta-min", ONE(BPB_SCHEDULE_COSINE) | BY_SCORES, "cosine, plateau or halving"},
    {0},
};

static bool check_belongings(const struct args *args, const struct belonging *belonging,
                             unsigned number, const char *chooser, const char *chosen)
{
    for (; belonging->option; belonging++) {
        if (!args_given(args, belonging->option) || (belonging->to & ONE(number)))
            continue;
        complain("--%s has no meaning with --%s %s: it belongs to %s", belonging->option, chooser,
                 chosen, belonging->names);
        return false;
    }
    return true;
}

/* iRPROP has no eta, decays in g alone, and takes the gradient of all samples. */
static bool check_irprop(const struct args *args, const struct rule_settings *rule)
{
    static const char *const of_eta[] = {"eta", "schedule", "warmup", "decoupled", NULL};
    const char *name = optimizer_name(rule->optimizer);
    for (const char *const *option = of_eta; *option && is_irprop(rule); option++) {
        if (!args_given(args, *option))
            continue;
        complain("--%s has no meaning with --optimizer %s, whose steps have no eta: leave it out",
                 *option, name);
        return false;
    }
    if (!is_irprop(rule) || rule->batch == SIZE_MAX)
        return true;
    complain("--optimizer %s needs the gradient of all samples in each step: leave --batch out, or "
             "give --batch all",
             name);
    return false;
}

static bool check_decay(const struct rule_settings *rule)
{
    const bool decays = rule->decay > 0 || rule->lambda > 0 || rule->lambda1 > 0;
    if (!rule->decoupled || decays || rule->optimizer == OPTIMIZER_ADAMW)
        return true;
    complain("--decoupled says how weights decay: give --decay, --lambda or --lambda1 too");
    return false;
}

/* What asks for scores, or NULL. */
static const char *asks_for_scores(const struct rule_settings *rule)
{
    if (rule->patience > 0)
        return "--patience";
    if (rule->keep_best)
        return "--keep-best";
    if (schedule_judges(rule))
        return rule->schedule == BPB_SCHEDULE_PLATEAU ? "--schedule plateau" : "--schedule halving";
    return rule->target_loss != 0 ? "--target-loss" : NULL;
}

static bool check_scores(const struct args *args, const struct rule_settings *rule, bool has_scores)
{
    static const char *const how[] = {"min-delta", "by-loss", NULL};
    const bool compares = rule_keeps_best(rule) || schedule_judges(rule);
    for (const char *const *option = how; *option && !compares; option++) {
        if (!args_given(args, *option))
            continue;
        complain("--%s says when an epoch is better: give --patience, --keep-best, or --schedule "
                 "plateau or halving too",
                 *option);
        return false;
    }
    const char *asking = asks_for_scores(rule);
    if (asking && !has_scores)
        complain("%s goes by the scores of epochs, and --no-train-score leaves none: give "
                 "--validate-last too, or leave it out",
                 asking);
    return !asking || has_scores;
}

/* Numbers against each other, and against the precision. */
static bool check_numbers(const struct rule_settings *rule, size_t bytes)
{
    const double normal = bytes == sizeof(float) ? FLT_MIN : DBL_MIN;
    const struct {
        const char *option;
        double value;
    } normals[] = {{"epsilon", rule->epsilon},
                   {"clip-value", rule->clip_value},
                   {"clip-norm", rule->clip_norm}};
    for (size_t i = 0; i < sizeof normals / sizeof *normals; i++) {
        if (normals[i].value == 0 || normals[i].value >= normal)
            continue;
        complain("--%s %g is too small for --precision: give at least %g", normals[i].option,
                 normals[i].value, normal);
        return false;
    }
    if (rule->eta_min <= rule->eta)
        return true;
    complain("--eta-min %g is above --eta %g, from which the schedule comes down: give less",
             rule->eta_min, rule->eta);
    return false;
}

static bool check_several(const struct args *args)
{
    static const char *const several[] = {"folds", "seeds", NULL};
    for (const char *const *option = several; *option; option++) {
        if (!args_given(args, *option))
            continue;
        complain("--checkpoint keeps one run, and --%s makes several: leave one of them out",
                 *option);
        return false;
    }
    return true;
}

/* The file against the others that a run writes. */
static bool check_file(const char *checkpoint, const char *option, const char *path)
{
    if (!path || strcmp(path, checkpoint) != 0)
        return true;
    complain("--checkpoint and --%s name the same file: give two names", option);
    return false;
}

static bool check_checkpoint(const struct args *args, const struct rule_settings *rule,
                             const struct rule_context *context)
{
    const char *path = rule->checkpoint;
    return !path || (check_several(args) && check_file(path, "save", context->save) &&
                     check_file(path, "log", context->log));
}

bool rule_check(const struct args *args, const struct rule_settings *rule,
                const struct rule_context *context)
{
    return check_belongings(args, to_methods, (unsigned)rule->optimizer, "optimizer",
                            optimizer_name(rule->optimizer)) &&
           check_belongings(args, to_schedules, rule->schedule, "schedule",
                            bpb_name(BPB_NAMES_SCHEDULE, rule->schedule)) &&
           check_irprop(args, rule) && check_decay(rule) &&
           check_scores(args, rule, context->has_scores) &&
           check_numbers(rule, context->precision) && check_checkpoint(args, rule, context);
}

/* ---- Into the options of a run ---- */

static bpb_method_options tuning(const struct rule_settings *rule)
{
    return (bpb_method_options){
        .momentum = rule->momentum,
        .rho = rule->rho,
        .centred = rule->centred,
        .beta1 = rule->beta1,
        .beta2 = rule->beta2,
        .epsilon = rule->epsilon,
        .amsgrad = rule->amsgrad || rule->optimizer == OPTIMIZER_AMSGRAD,
        .clip_value = rule->clip_value,
        .clip_norm = rule->clip_norm,
    };
}

/* The lambda of which lambda / n is the decay, to the last bit if there is one. */
static double lambda_of(double decay, double n)
{
    const double product = decay * n,
                 others[] = {nextafter(product, 0), nextafter(product, INFINITY)};
    for (size_t i = 0; i < 2 && product / n != decay; i++)
        if (others[i] / n == decay)
            return others[i];
    return product;
}

/* L2: --lambda, or --decay of each step; 0.01 a step for adamw, which always decays. */
static double lambda(const struct rule_settings *rule, size_t n)
{
    const bool decays = rule->decay > 0 || rule->lambda > 0 || rule->lambda1 > 0;
    const double decay = rule->optimizer == OPTIMIZER_ADAMW && !decays ? 0.01 : rule->decay;
    return rule->lambda + lambda_of(decay, (double)n);
}

static bpb_schedule schedule(const struct rule_settings *rule)
{
    return (bpb_schedule){
        .kind = rule->schedule,
        .factor = rule->schedule_factor,
        .every = rule->schedule_every,
        .rate = rule->schedule_rate,
        .eta_min = rule->eta_min,
        .patience = rule->schedule_patience,
        .warmup = rule->warmup,
    };
}

void rule_fill(const struct rule_settings *rule, size_t n, bpb_train_options *options)
{
    options->eta = rule->eta;
    options->lambda = lambda(rule, n);
    options->lambda_1 = rule->lambda1;
    options->batch = rule->batch;
    options->epochs = rule->epochs;
    options->method = rule->optimizer < OPTIMIZER_AMSGRAD ? (bpb_method)rule->optimizer : BPB_ADAM;
    options->decoupled = rule->decoupled || rule->optimizer == OPTIMIZER_ADAMW;
    options->tuning = tuning(rule);
    options->schedule = schedule(rule);
    options->dropout = rule->dropout;
    options->dropout_inputs = rule->dropout_inputs;
    options->stop = (bpb_stop){
        .patience = rule->patience,
        .min_delta = rule->min_delta,
        .by_loss = rule->by_loss,
        .keep_best = rule_keeps_best(rule),
        .target_loss = rule->target_loss,
        .seconds = rule->time_limit,
    };
    options->checkpoint = (bpb_checkpoint){
        .path = rule->checkpoint,
        .steps = rule->checkpoint_steps,
        .seconds = rule->checkpoint_seconds,
        .resume = rule->resume,
    };
}
